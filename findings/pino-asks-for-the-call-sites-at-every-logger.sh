#!/usr/bin/env bash
# pino 10.4.0 on Node.js 24.21.0. Each call of `pino()` asks Node for the call sites of the stack (util.getCallSites), also without a
# transport, which alone needs them. With --enable-source-maps Node reads the source map of each file on the stack for that: in a
# service whose packages are one bundle with a map of 1 MB, 40 MB and 50 ms of the start.
#
# Seen: call sites asked for: 1 with a silent logger that has written nothing, 0 without one.
# What follows: the bundle of the service carries a map that costs little to read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 pino@10.4.0
cat >bundle.cjs <<'JS'
const util = require('node:util');
const original = util.getCallSites;
let asked = 0;
util.getCallSites = (...args) => {
  asked++;
  return original(...args);
};
if (process.argv[2] === 'log') require('pino')({ level: 'silent' });
console.log('call sites asked for:', asked);
JS
with=$(./node_modules/.bin/node bundle.cjs log)
without=$(./node_modules/.bin/node bundle.cjs)
echo "with a logger: $with"
echo "without: $without"
[[ "$with" == 'call sites asked for: 1' && "$without" == 'call sites asked for: 0' ]] || {
  echo 'the behaviour has changed'
  exit 1
}
