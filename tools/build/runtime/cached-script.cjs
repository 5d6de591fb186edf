// @ts-check
'use strict';
/**
 * A script of the build that is compiled once: beside it lies what V8 made of it in a former process of the same version (a
 * code cache), so that it is not compiled anew. Without it, or with one that does not fit, a start takes longer and that
 * is all.
 */
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { arch, platform, version } = process;
const { dirname, join } = require('node:path');
const { Script } = require('node:vm');

/**
 * Runs a script whose value is a function.
 *
 * @param {string} file its absolute path; `FILE.map` is its source map
 */
module.exports = function runScript(file) {
  const cache = join(dirname(file), `code-${version}-${platform}-${arch}.bin`);
  const script = new Script(readFileSync(file, 'latin1'), { filename: file, cachedData: read(cache) });
  const value = script.runInThisContext();
  if (process.sourceMapsEnabled) nameSourceMap(file);
  return {
    value,
    codeCache: {
      file: cache,
      make: () => script.createCachedData(),
      used: script.cachedDataRejected === false,
    },
  };
};

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/**
 * Node looks for the map of what it loads itself: here a module of that name, with nothing but the address of the map.
 *
 * @param {string} file
 */
function nameSourceMap(file) {
  const named = /** @type {any} */ (new Module(file, module));
  named._compile('//# sourceMappingURL=index.js.map', file);
  module.children.push(named); // Node keeps the map as long as the module
}
