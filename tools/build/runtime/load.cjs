// @ts-check
'use strict';
/**
 * Gives the compiled service its packages: those of `index.js`, which tools/build/packages.mjs has put together, else
 * what Node finds. Beside them lies what V8 made of that file in a former process of the same version (a code cache),
 * so that it is not compiled anew. Without it, or with one that does not fit, a start takes longer and that is all.
 */
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { arch, platform, version } = process;
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { Script } = require('node:vm');

const FILE = join(__dirname, 'index.js');
const CODE_CACHE = join(__dirname, `code-${version}-${platform}-${arch}.bin`);

const script = new Script(readFileSync(FILE, 'latin1'), { filename: FILE, cachedData: codeCache() });
/** @type {Record<string, () => any>} */
let packages = {};
run();
if (process.sourceMapsEnabled) nameSourceMap();

/**
 * What `require(name)` gives.
 *
 * @param {string} name
 */
module.exports = function load(name) {
  return Object.hasOwn(packages, name) ? packages[name]() : require(name);
};

/**
 * What `await import(name)` gives.
 *
 * @param {string} name
 */
module.exports.load = async (name) => {
  const exports = module.exports(name);
  return exports.__esModule ? exports : { ...exports, default: exports };
};

module.exports.codeCache = {
  file: CODE_CACHE,
  make: () => script.createCachedData(),
  used: script.cachedDataRejected === false,
};

function codeCache() {
  try {
    return readFileSync(CODE_CACHE);
  } catch {
    return undefined;
  }
}

function run() {
  const wrapper = script.runInThisContext();
  // Some packages require by a variable, such as TypeORM its driver.
  const load = Object.assign((/** @type {string} */ name) => module.exports(name), require);
  wrapper(
    load,
    FILE,
    __dirname,
    pathToFileURL(FILE).href,
    (/** @type {typeof packages} */ all) => (packages = all),
  );
}

/** Node looks for the map of what it loads itself: here a module of that name, with nothing but the address of the map. */
function nameSourceMap() {
  const named = /** @type {any} */ (new Module(FILE, module));
  named._compile('//# sourceMappingURL=index.js.map', FILE);
  module.children.push(named); // Node keeps the map as long as the module
}
