/**
 * The builds of a checkout: each in a folder of its own under `.builds/`, named by what it was made of, and `dist` a link
 * to the present one. Whoever runs an older one keeps its files. The packages are put together once for all builds that
 * load the same ones.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hasCodeCache, makeCodeCache } from './code-cache.mjs';
import { BUILD_INFO, compile } from './compile.mjs';
import { readInputs } from './inputs.mjs';
import { withLock } from './lock.mjs';
import { joinOwnFiles } from './own-files.mjs';
import { bundlePackages, packageNames, packagesKey } from './packages.mjs';

const FOLDER = '.builds';
const LINK = 'dist';
const MANIFEST = '.build.json';
const BUNDLE = 'bundle';
/** Builds that nobody asked for in so long are removed, but not the newest few. */
const KEEP_DAYS = 2;
const KEEP_NEWEST = 5;

/**
 * Sees to it that `dist` is what the sources say, and answers whether there was something to build.
 *
 * @param {string} root of the project
 * @returns {Promise<boolean>}
 */
export async function ensureBuild(root) {
  if (isCurrent(root)) return false;
  mkdirSync(join(root, FOLDER), { recursive: true });
  return withLock(join(root, FOLDER, 'lock'), async () => {
    const inputs = readInputs(root); // those of now: somebody else may have built meanwhile
    const target = join(root, FOLDER, inputs.id);
    const isNew = !existsSync(target);
    if (isNew) await make(root, target, inputs);
    if (!hasCodeCache(target)) makeCodeCache(target);
    point(root, inputs.id);
    removeOld(root, inputs.id);
    return isNew;
  });
}

/** Compiles into a folder that is no link and takes nothing from builds before: what goes into the image. */
export async function buildInto(root, folder) {
  rmSync(folder, { recursive: true, force: true });
  compile(root, folder);
  rmSync(join(folder, BUILD_INFO));
  copyAssets(root, folder, readInputs(root).assets);
  joinOwnFiles(folder, compiledFiles(folder));
  await bundlePackages(root, join(folder, BUNDLE), packageNames(folder, compiledFiles(folder)));
}

function isCurrent(root) {
  try {
    const { id } = readInputs(root);
    if (readlinkSync(join(root, LINK)) !== join(FOLDER, id)) return false;
    if (!hasCodeCache(join(root, FOLDER, id))) return false;
    utimesSync(join(root, FOLDER, id), new Date(), new Date());
    return true;
  } catch {
    return false; // none yet, or removed by hand
  }
}

/** Beside the others, and renamed when it is whole. */
async function make(root, target, inputs) {
  const folder = mkdtempSync(join(root, FOLDER, 'making-'));
  chmodSync(folder, 0o755);
  try {
    takeOver(root, folder, inputs.tools);
    compile(root, folder);
    copyAssets(root, folder, inputs.assets);
    joinOwnFiles(folder, compiledFiles(folder));
    await linkBundle(root, folder, inputs.tools);
    writeFileSync(join(folder, MANIFEST), JSON.stringify({ tools: inputs.tools }));
    renameSync(folder, target);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** The outputs of the present build, as links: unchanged files exist once. */
function takeOver(root, folder, tools) {
  try {
    const present = realpathSync(join(root, LINK));
    if (JSON.parse(readFileSync(join(present, MANIFEST), 'utf8')).tools !== tools) return;
    for (const path of readdirSync(present, { recursive: true, encoding: 'utf8' })) {
      const source = sourceOf(path);
      if (source === undefined || !existsSync(join(root, source))) continue;
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      linkSync(join(present, path), join(folder, path));
    }
    copyFileSync(join(present, BUILD_INFO), join(folder, BUILD_INFO));
  } catch {
    rmSync(join(folder, BUILD_INFO), { force: true }); // none, or no build of ours: all is compiled
  }
}

/** The bundle of the packages that the build loads, made when no build before has loaded the same. */
async function linkBundle(root, folder, tools) {
  const names = packageNames(folder, compiledFiles(folder));
  const name = `${BUNDLE}-${packagesKey(root, tools, names)}`;
  const target = join(root, FOLDER, name);
  if (!existsSync(target)) {
    const unfinished = mkdtempSync(join(root, FOLDER, 'making-'));
    chmodSync(unfinished, 0o755);
    await bundlePackages(root, unfinished, names);
    renameSync(unfinished, target);
  }
  symlinkSync(join('..', name), join(folder, BUNDLE), 'dir');
}

/** What production runs: the files for development load packages of their own beside. */
function compiledFiles(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((path) => /^(src|migrations|ormconfig).*\.js$/.test(path));
}

/** Of a compiled file, relative to the root. */
function sourceOf(path) {
  return /\.js(\.map)?$/.test(path) ? path.replace(/\.js(\.map)?$/, '.ts') : undefined;
}

function copyAssets(root, folder, assets) {
  for (const path of assets) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    copyFileSync(join(root, path), join(folder, path));
  }
}

/** In one step: there is no moment without `dist`. */
function point(root, id) {
  const link = join(root, LINK);
  const next = join(root, FOLDER, `link-${process.pid}`);
  rmSync(next, { force: true });
  symlinkSync(join(FOLDER, id), next, 'dir');
  try {
    renameSync(next, link);
  } catch {
    renameSync(link, join(root, FOLDER, `making-${process.pid}-was-no-link`)); // a folder, as `nest build` makes
    renameSync(next, link);
  }
}

function removeOld(root, present) {
  const folders = readdirSync(join(root, FOLDER), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const builds = folders
    .filter((entry) => !entry.name.startsWith(BUNDLE) && entry.name !== present)
    .map(({ name }) => ({ name, used: statSync(join(root, FOLDER, name)).mtimeMs }))
    .sort((one, other) => other.used - one.used);
  const limit = Date.now() - KEEP_DAYS * 86_400_000;
  for (const { name, used } of builds.slice(KEEP_NEWEST)) {
    if (used < limit) rmSync(join(root, FOLDER, name), { recursive: true, force: true });
  }
  removeUnusedBundles(root, folders);
}

function removeUnusedBundles(root, folders) {
  const used = new Set(folders.map(({ name }) => bundleOf(join(root, FOLDER, name))));
  for (const { name } of folders) {
    if (name.startsWith(BUNDLE) && !used.has(name)) rmSync(join(root, FOLDER, name), { recursive: true });
  }
}

function bundleOf(build) {
  try {
    return basename(readlinkSync(join(build, BUNDLE)));
  } catch {
    return undefined; // a bundle itself, or a build that is gone
  }
}
