// @ts-check
'use strict';
/**
 * Gives the compiled service its packages: those of `index.js`, which tools/build/packages.mjs has put together, else
 * what Node finds.
 */
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const runScript = require('./cached-script.cjs');

const FILE = join(__dirname, 'index.js');

const { value: wrapper, codeCache } = runScript(FILE);
/** @type {Record<string, () => any>} */
let packages = {};
run();

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

module.exports.codeCache = codeCache;

function run() {
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
