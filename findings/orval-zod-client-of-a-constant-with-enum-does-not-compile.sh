#!/usr/bin/env bash
# orval 8.38.0, client `zod`, on a constant that is written for old and new readers alike: `const` beside an `enum` of the same one
# value, which JSON Schema 2020-12 allows. The generated code chains two literals, and zod's literal has no method `literal`.
#
# Seen: zod.literal(true).literal(true), and TypeScript's error TS2339.
# What follows: our OpenAPI document writes constants with `const` alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund orval@8.38.0 zod@4.1.12 typescript@5.9.3
cat >api.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": { "title": "Example", "version": "1" },
  "paths": {
    "/check": {
      "get": {
        "operationId": "check",
        "responses": {
          "200": {
            "description": "OK",
            "content": {
              "application/json": {
                "schema": {
                  "type": "object",
                  "required": ["valid"],
                  "properties": { "valid": { "type": "boolean", "const": true, "enum": [true] } }
                }
              }
            }
          }
        }
      }
    }
  }
}
JSON
echo 'module.exports = { api: { input: "./api.json", output: { client: "zod", target: "./client.ts" } } };' >orval.config.cjs
npx orval --config orval.config.cjs >/dev/null 2>&1
seen=$(grep -o 'literal(true)[^,]*' client.ts | tr -d '\n')
errors=$(npx tsc --noEmit --strict --skipLibCheck --module nodenext --moduleResolution nodenext client.ts || true)
echo "$seen"
echo "$errors"
[[ "$seen" == *'literal(true).literal(true)'* && "$errors" == *TS2339* ]] || {
  echo 'the behaviour has changed'
  exit 1
}
