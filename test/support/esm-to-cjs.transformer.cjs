'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { createTransformer } = require('@swc/jest');

// Jest cannot require() ES modules on Node 20: those of node_modules are compiled to CommonJS.
const swc = createTransformer({
  swcrc: false,
  sourceMaps: false,
  module: { type: 'commonjs', ignoreDynamic: false },
  jsc: { target: 'es2023', parser: { syntax: 'ecmascript' } },
});

const moduleTypes = new Map();

function isEsm(file) {
  if (file.endsWith('.mjs')) return true;
  return !file.endsWith('.cjs') && isEsmDirectory(path.dirname(file));
}

function isEsmDirectory(directory) {
  const known = moduleTypes.get(directory);
  if (known !== undefined) return known;
  const manifest = path.join(directory, 'package.json');
  const parent = path.dirname(directory);
  const type = fs.existsSync(manifest)
    ? JSON.parse(fs.readFileSync(manifest, 'utf8')).type === 'module'
    : parent !== directory && isEsmDirectory(parent);
  moduleTypes.set(directory, type);
  return type;
}

module.exports = {
  canInstrument: false,
  getCacheKey: (source, file, options) => swc.getCacheKey(source, file, options),
  process: (source, file, options) => (isEsm(file) ? swc.process(source, file, options) : { code: source }),
};
