#!/usr/bin/env bash
# express 5.2.1 (parseurl 1.3.3) on Node.js 24.21.0, with and without a bundle of esbuild 0.25.12. A request target in absolute form, which
# RFC 9112 section 3.2.2 tells servers to accept, makes the router fall back to `url.parse`. Node prints DEP0169 for it, but not to code
# below a folder `node_modules`: the same program is silent as it is installed, and warns once it is bundled.
#
# Seen: no warning as installed, DEP0169 from the bundle; 200 from both.
# What follows: the service, whose packages are bundled, puts targets into origin form before Express reads them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 express@5.2.1 esbuild@0.25.12
cat >try.cjs <<'JS'
const express = require('express');
const http = require('node:http');

const app = express();
app.get('/a', (_request, response) => response.end());
const codes = [];
process.on('warning', ({ code }) => codes.push(code));
const server = app.listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  for (const path of ['/a', 'http://example.com/a']) {
    const status = await new Promise((done) => http.get({ port, path, host: '127.0.0.1' }, (answer) => done(answer.resume().statusCode)));
    await new Promise(setImmediate);
    console.log(path, status, codes.join() || 'no warning');
  }
  process.exit();
});
JS
npx esbuild try.cjs --bundle --platform=node --outfile=bundle.cjs --log-level=error
seen=$(
  ./node_modules/.bin/node --no-warnings try.cjs
  ./node_modules/.bin/node --no-warnings bundle.cjs
)
echo "$seen"
[[ "$seen" == $'/a 200 no warning\nhttp://example.com/a 200 no warning\n/a 200 no warning\nhttp://example.com/a 200 DEP0169' ]] || {
  echo 'the behaviour has changed'
  exit 1
}
