#!/usr/bin/env bash
# oauth4webapi 3.8.8: the `error` of a token endpoint is not in the error of the client when the answer is as RFC 6749 section 5.2 has it.
# After a failed HTTP Basic the server answers 401 with `WWW-Authenticate` and the JSON `{ "error": "invalid_client" }`. The library then
# throws a WWWAuthenticateChallengeError (code OAUTH_WWW_AUTHENTICATE_CHALLENGE) with the challenges alone; of the same answer without
# the header, which the RFC does not allow there, it throws a ResponseBodyError with error `invalid_client`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent oauth4webapi@3.8.8

cat >run.mjs <<'JS'
import { createServer } from 'node:http';
import { once } from 'node:events';
import * as oauth from 'oauth4webapi';

const server = createServer((request, response) => {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };
  if (request.url === '/with') headers['WWW-Authenticate'] = 'Basic realm="auth"';
  response.writeHead(401, headers).end('{"error":"invalid_client"}');
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;
const client = { client_id: 'a-client' };
for (const path of ['/with', '/without']) {
  const as = { issuer, token_endpoint: issuer + path };
  const response = await oauth.clientCredentialsGrantRequest(
    as, client, oauth.ClientSecretBasic('a secret'), new URLSearchParams(), { [oauth.allowInsecureRequests]: true });
  const error = await oauth.processClientCredentialsResponse(as, client, response).catch((reason) => reason);
  console.log(path, error.constructor.name, error.code, error.error);
}
server.close();
JS
output=$(node run.mjs)
echo "$output"
[[ $output == '/with WWWAuthenticateChallengeError OAUTH_WWW_AUTHENTICATE_CHALLENGE undefined
/without ResponseBodyError OAUTH_RESPONSE_BODY_ERROR invalid_client' ]]
