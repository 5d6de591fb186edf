#!/usr/bin/env bash
# argon2 0.44.0 and 0.45.1 (npm), on Node.js 24.21.0. The encoded hash names its parameters in another order since 0.45: version 0.44.0, like
# the reference program and Passlib, writes m, t, p; 0.45.1 writes m, p, t. A reader with a fixed order refuses the hashes of one of them.
#
# Seen: $argon2id$v=19$m=65536,t=3,p=4$ from 0.44.0, $argon2id$v=19$m=65536,p=4,t=3$ from 0.45.1, for the same call.
# What follows: the import of users takes the parameters of an argon2id hash in any order.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 old@npm:argon2@0.44.0 new@npm:argon2@0.45.1
cat >try.cjs <<'JS'
(async () => {
  for (const name of ['old', 'new']) {
    const text = await require(name).hash('a password');
    console.log(text.split('$').slice(0, 4).join('$'));
  }
})();
JS
seen=$(./node_modules/.bin/node try.cjs)
echo "$seen"
[[ "$seen" == '$argon2id$v=19$m=65536,t=3,p=4'$'\n''$argon2id$v=19$m=65536,p=4,t=3' ]] || {
  echo 'the behaviour has changed'
  exit 1
}
