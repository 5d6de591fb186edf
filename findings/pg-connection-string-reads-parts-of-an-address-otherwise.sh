#!/usr/bin/env bash
# pg-connection-string 2.14.1, the parser behind pg 8.23.1, on valid addresses.
# 1. A blank anywhere in the address, also in the value of a parameter, breaks escapes with a letter in every other part: the
#    password `p%2Fw` is no longer p/w but the six characters as they stand.
# 2. `?ssl=false` turns TLS on: the text `false` is handed on, and counts as true.
# 3. Parameters of the address win over options of the client: a statement_timeout of the program is gone.
#
# Seen: password without a blank: p/w, with one: p%2Fw; ssl: "false" (string); statement_timeout: 0.
# What follows: the service checks the address at start, and takes limits from its own settings only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund pg@8.23.1 pg-connection-string@2.14.1
cat >try.cjs <<'JS'
const { parse } = require('pg-connection-string');
const { Client } = require('pg');

console.log('password without a blank:', parse('postgresql://u:p%2Fw@h/d').password);
console.log('password with one:', parse('postgresql://u:p%2Fw@h/d?options=-c geqo=off').password);
const { ssl } = parse('postgresql://u:p@h/d?ssl=false');
console.log('ssl:', JSON.stringify(ssl), typeof ssl);
const client = new Client({ connectionString: 'postgresql://u:p@h/d?statement_timeout=0', statement_timeout: 1500 });
console.log('statement_timeout:', client.connectionParameters.statement_timeout);
JS
seen=$(node try.cjs 2>/dev/null)
echo "$seen"
[[ "$seen" == $'password without a blank: p/w\npassword with one: p%2Fw\nssl: "false" string\nstatement_timeout: 0' ]] || {
  echo 'the behaviour has changed'
  exit 1
}
