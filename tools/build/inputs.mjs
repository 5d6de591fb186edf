/** What a build is made of, and its name: a hash of it. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['src', 'migrations', 'bench'];
/** Programs that are compiled, beside others that run as they are. */
const PROGRAMS = 'tools';
const WORKSPACES = 'packages';
/** What compiles them; with another of these nothing of an earlier build is taken over. */
const TOOLS = ['package-lock.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json'];

/**
 * @param {string} root of the project
 * @returns {{ id: string, tools: string, assets: string[] }} the name of the build, the hash of what compiles, and the
 *   files that are copied as they are, relative to the root
 */
export function readInputs(root) {
  const packages = foldersIn(root, WORKSPACES);
  const programs = filesIn(root, PROGRAMS).filter((path) => path.endsWith('.ts'));
  const folders = [...SOURCES, ...packages.map((folder) => join(folder, 'src'))];
  const sources = [...folders.flatMap((folder) => filesIn(root, folder)), ...programs].filter(
    (path) => !/\.spec\.ts$/.test(path),
  );
  const manifests = packages.map((folder) => join(folder, 'package.json'));
  const tools = hash(root, [...TOOLS, ...manifests, ...filesIn(root, 'tools/build')]);
  const id = hash(root, ['ormconfig.ts', ...sources], tools).slice(0, 16);
  return { id, tools, assets: sources.filter((path) => path.endsWith('.cjs')) };
}

function hash(root, paths, salt = '') {
  const sum = createHash('sha256').update(salt);
  for (const path of paths) {
    const content = readFileSync(join(root, path));
    sum.update(`${path}\0${content.length}\0`).update(content);
  }
  return sum.digest('hex');
}

function foldersIn(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

function filesIn(root, folder) {
  if (!existsSync(join(root, folder))) return []; // not all of them are in the builder of the image
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
