#!/usr/bin/env bash
# pg 8.23.1 on Node.js 20.19.0 (and not on 22.23.3, 24.21.0, 26.10.0). To find out whether it runs in another runtime, pg makes a `Response` when
# it is loaded. On Node.js 20, which has no `navigator` to ask first, that loads the whole of Node's fetch, whether or not the program
# ever fetches anything.
#
# Seen: after require('pg') the list of modules that Node has loaded holds internal/deps/undici/undici on 20.19.0 only.
# What follows: the build of the service, which starts with pg, answers that question itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund pg@8.23.1
cat >try.cjs <<'JS'
require('pg');
console.log(process.version, process.moduleLoadList.some((name) => name.includes('undici')) ? 'loaded fetch' : 'did not');
JS
seen=$(for version in 20.19.0 22.23.3 24.21.0 26.10.0; do npx --yes --package="node@$version" -- node try.cjs 2>/dev/null; done)
echo "$seen"
[[ "$seen" == $'v20.19.0 loaded fetch\nv22.23.3 did not\nv24.21.0 did not\nv26.10.0 did not' ]] || {
  echo 'the behaviour has changed'
  exit 1
}
