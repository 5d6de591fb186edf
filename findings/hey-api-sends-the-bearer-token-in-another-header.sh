#!/usr/bin/env bash
# @hey-api/openapi-ts 0.99.0 (client-fetch) on an operation whose `security` names two alternatives, http bearer and an apiKey
# header. OpenAPI 3.1: "only one of the Security Requirement Objects need to be satisfied". With `auth: () => 'secret-token'` the
# generated client satisfies all of them: the bearer token goes into `Authorization` and, raw, into the apiKey header as well.
#
# Seen: authorization: Bearer secret-token, x-user-email: secret-token
# What follows: our OpenAPI document lists no header beside the bearer token, except on the /docs page of development.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @hey-api/openapi-ts@0.99.0 typescript@5.9.3 tsx@4.20.6
cat >api.json <<'JSON'
{
  "openapi": "3.1.0",
  "info": { "title": "Example", "version": "1" },
  "paths": {
    "/me": {
      "get": {
        "operationId": "getMe",
        "security": [{ "token": [] }, { "developer": [] }],
        "responses": { "200": { "description": "OK" } }
      }
    }
  },
  "components": {
    "securitySchemes": {
      "token": { "type": "http", "scheme": "bearer" },
      "developer": { "type": "apiKey", "in": "header", "name": "X-User-Email" }
    }
  }
}
JSON
npx openapi-ts --input api.json --output client --client @hey-api/client-fetch --silent >/dev/null
cat >call.ts <<'TS'
import { client } from './client/client.gen';
import { getMe } from './client/sdk.gen';

client.setConfig({
  baseUrl: 'http://127.0.0.1',
  auth: () => 'secret-token',
  fetch: async (request: Request) => {
    console.log(`authorization: ${request.headers.get('authorization')}`);
    console.log(`x-user-email: ${request.headers.get('x-user-email')}`);
    return new Response(null, { status: 200 });
  },
});
void getMe();
TS
seen=$(npx tsx call.ts)
echo "$seen"
[[ "$seen" == $'authorization: Bearer secret-token\nx-user-email: secret-token' ]] || {
  echo 'the behaviour has changed'
  exit 1
}
