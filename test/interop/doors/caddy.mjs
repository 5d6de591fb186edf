import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { freePort, startProgram } from '../verifiers/program.mjs';

const page = readFileSync(new URL('../../../docs/integrate/consumers/caddy.md', import.meta.url), 'utf8');
const [, block = ''] = /```caddyfile\n([^]*?)```/.exec(page) ?? [];

export const version = () =>
  `Caddy ${execFileSync('caddy', ['version'], { encoding: 'utf8' }).trim().split(' ')[0]}`;

export default async ({ issuer, key }) => {
  const [port, behind] = [await freePort(), await freePort()];
  const site = block
    .replace('example.com {', `http://127.0.0.1:${port} {`)
    .replaceAll('127.0.0.1:8001', new URL(issuer).host)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${behind}`);
  const configuration = `
{
  admin off
  auto_https off
}
${site}
http://127.0.0.1:${behind} {
  header Content-Type application/json
  respond \`{"email":"{http.request.header.X-Auth-Email}"}\` 200
}
`;
  const ask = await startProgram(
    'env',
    [
      'XDG_DATA_HOME=FOLDER',
      'XDG_CONFIG_HOME=FOLDER',
      `SERVICE_KEY=${key}`,
      'caddy',
      'run',
      '--adapter',
      'caddyfile',
      '--config',
      'FOLDER/Caddyfile',
    ],
    { Caddyfile: configuration },
    port,
  );
  return async (token) => ({ sub: (await ask(token)).email });
};
