// @ts-check
'use strict';
/**
 * Gives a program the service's own files: those of `index.js`, which tools/build/own-files.mjs has put together, as Node would
 * give them from their places.
 */
const { dirname, join, posix } = require('node:path');
const runScript = require('./cached-script.cjs');

const ROOT = dirname(__dirname);
/** @type {{ value: Record<string, Function>, codeCache: unknown }} */
const { value: files, codeCache } = runScript(join(__dirname, 'index.js'));
/** @type {Map<string, { exports: any }>} */
const loaded = new Map();

/**
 * What `require` of the file gives; its extension can be left out, as the Swagger plugin does.
 *
 * @param {string} path relative to the build
 * @returns {any}
 */
module.exports = function load(path) {
  const name = Object.hasOwn(files, path) || !Object.hasOwn(files, `${path}.js`) ? path : `${path}.js`;
  const found = loaded.get(name);
  if (found) return found.exports;
  if (Object.hasOwn(files, name)) return run(name);
  const exports = require(join(ROOT, name));
  loaded.set(name, { exports });
  return exports;
};

module.exports.codeCache = codeCache;

/** @param {string} path */
function run(path) {
  const filename = join(ROOT, path);
  const file = { exports: {}, id: filename, filename, loaded: false };
  const folder = posix.dirname(path);
  const requireFrom = (/** @type {string} */ name) =>
    name.startsWith('.') ? module.exports(posix.join(folder, name)) : require(name);
  loaded.set(path, file);
  try {
    files[path]?.call(file.exports, file.exports, requireFrom, file, filename, dirname(filename));
  } catch (error) {
    loaded.delete(path);
    throw error;
  }
  file.loaded = true;
  return file.exports;
}
