#!/usr/bin/env bash
# openapi-typescript 7.13.0 run on a document, in a folder that has a redocly.yaml for the linter. The generator reads that file too
# and treats a finding of the linter as an error of the document: with `recommended-strict` a server on localhost, which is
# valid OpenAPI, ends the generation. Without the file, or in another folder, the same document gives its types.
#
# Seen: exit status 1 and "Server `url` should not point to example.com or localhost" with the file, 0 without.
# What follows: our script that writes the types of the API runs on a document without such a server.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund openapi-typescript@7.13.0 typescript@5.9.3
cat >api.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": { "title": "Example", "version": "1", "license": { "name": "MIT", "identifier": "MIT" } },
  "servers": [{ "url": "http://localhost:8001" }],
  "security": [],
  "paths": {
    "/a": {
      "get": {
        "operationId": "a",
        "summary": "A",
        "responses": { "200": { "description": "OK" }, "400": { "description": "Bad" } }
      }
    }
  }
}
JSON
without=0
npx openapi-typescript api.json -o api.ts >/dev/null 2>&1 || without=$?
echo 'extends: [recommended-strict]' >redocly.yaml
with=0
output=$(npx openapi-typescript api.json -o api.ts 2>&1) || with=$?
echo "without redocly.yaml: exit status $without; with it: $with"
grep -o 'Server `url` should not point to example.com or localhost' <<<"$output" | head -n 1
[[ $without == 0 && $with == 1 && "$output" == *'should not point to'*localhost* ]] || {
  echo 'the behaviour has changed'
  exit 1
}
