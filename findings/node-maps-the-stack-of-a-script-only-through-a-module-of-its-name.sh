#!/usr/bin/env bash
# Node.js 24.21.0 with --enable-source-maps and code that is compiled by `vm.Script` (as a code cache needs it). The source map that
# the code carries is not used: Node reads maps of modules that its own loader compiled. They are kept by file name, though: a module
# without any code, compiled under the same name with the same comment, has the frames of the script mapped as well.
#
# Seen: "bundle.js:1" before, "original.ts:41" after.
# What follows: the service's packages are loaded from a code cache, and their stack traces are readable by such a module.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0
cat >try.cjs <<'JS'
const Module = require('node:module');
const vm = require('node:vm');

const filename = `${process.cwd()}/bundle.js`;
// One mapping: line 1, column 0 of the bundle is line 41, column 0 of original.ts.
const map = { version: 3, sources: ['original.ts'], names: [], mappings: 'AAwCA' };
const comment = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
const script = new vm.Script(`(function () { return new Error('x').stack; })\n${comment}`, { filename });
const frame = () => /(\w+\.\w+:\d+)/.exec(script.runInThisContext()().split('\n')[1])?.[1];

console.log('before:', frame());
new Module(filename)._compile(`\n${comment}`, filename);
console.log('after:', frame());
JS
seen=$(./node_modules/.bin/node --enable-source-maps try.cjs)
echo "$seen"
[[ "$seen" == $'before: bundle.js:1\nafter: original.ts:41' ]] || {
  echo 'the behaviour has changed'
  exit 1
}
