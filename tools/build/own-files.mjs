/**
 * The service's own compiled files, in one script that V8 has compiled before: each start finds, reads and compiles hundreds of
 * them otherwise. `runtime/load-own.cjs` reads it. The files stay where they are, for whatever loads one of them by its name.
 */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { joined } from './source-map.mjs';

const RUNTIME = join(import.meta.dirname, 'runtime');
const FOLDER = 'own';
/** Where a program gets the service's files from. */
export const OWN_LOADER = `${FOLDER}/load.cjs`;
/** Where programs begin: sources, and what becomes of them. */
export const ENTRY = /^(src\/main|src\/cli\/[^/]+\.cli|tools\/warm-up)\.[jt]s$/;
/** It says what is wrong to a Node that can read nothing else. */
export const LOADED_BY_NODE = /^src\/bootstrap\/node-version-check\.js$/;

/**
 * @param {string} folder of the build
 * @param {string[]} files compiled, relative to it
 */
export function joinOwnFiles(folder, files) {
  const paths = files
    .filter((path) => /^(src|migrations)\//.test(path) && !ENTRY.test(path) && !LOADED_BY_NODE.test(path))
    .sort();
  const wrapped = paths.map((path) => wrap(path, readFileSync(join(folder, path), 'utf8')));
  const maps = paths.map((path, index) => ({
    lines: wrapped[index].split('\n').length,
    map: `${readFileSync(join(folder, `${path}.map`), 'utf8')}`,
    sources: (name) => join('..', dirname(path), name),
  }));
  mkdirSync(join(folder, FOLDER), { recursive: true });
  writeFileSync(join(folder, FOLDER, 'index.js'), `({${wrapped.join('\n')}\n})`);
  writeFileSync(join(folder, FOLDER, 'index.js.map'), joined(maps));
  copyFileSync(join(RUNTIME, 'cached-script.cjs'), join(folder, FOLDER, 'cached-script.cjs'));
  copyFileSync(join(RUNTIME, 'load-own.cjs'), join(folder, OWN_LOADER));
}

/**
 * What Node makes of a file before it runs it, on the lines of the file. The script is read byte by byte: other characters are
 * escaped, which they can be where they stand (texts, regular expressions, comments).
 */
function wrap(path, text) {
  const code = text
    .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '')
    .replace(
      /[\u0080-\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return `${JSON.stringify(path)}(exports, require, module, __filename, __dirname) {${code}\n},`;
}
