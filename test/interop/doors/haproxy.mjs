import { readFileSync } from 'node:fs';
import { freePort, startProgram } from '../verifiers/program.mjs';
export { version } from '../verifiers/haproxy.mjs';

const page = readFileSync(new URL('../../../docs/integrate/consumers/haproxy.md', import.meta.url), 'utf8');
const [, lua = ''] = /```lua\n([^]*?)```/.exec(page) ?? [];
const [, frontend = ''] = /```haproxy\n([^]*?)```/.exec(page) ?? [];

export default async ({ issuer, key }) => {
  const [port, behind] = [await freePort(), await freePort()];
  const configuration = `
global
  maxconn 100
  setenv SERVICE_KEY ${key}
  lua-load FOLDER/verify.lua
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
${frontend.replace('127.0.0.1:8080', `127.0.0.1:${port}`).replace('127.0.0.1:3000', `127.0.0.1:${behind}`)}
frontend behind
  bind 127.0.0.1:${behind}
  http-request return status 200 content-type application/json lf-string '{"email":"%[req.hdr(x-auth-email)]"}'
`;
  const ask = await startProgram(
    'haproxy',
    ['-db', '-f', 'FOLDER/haproxy.cfg'],
    { 'haproxy.cfg': configuration, 'verify.lua': lua.replaceAll('http://127.0.0.1:8001', issuer) },
    port,
  );
  return async (token) => ({ sub: (await ask(token)).email });
};
