import { readFileSync } from 'node:fs';
import { freePort, startProgram } from '../verifiers/program.mjs';
export { version } from '../verifiers/nginx.mjs';

/** The block of the page, and what the page adds where validation requires a credential. */
const page = readFileSync(new URL('../../../docs/integrate/consumers/nginx.md', import.meta.url), 'utf8');
const [, block = '', credential = ''] = /```nginx\n([^]*?)```[^]*```nginx\n([^]*?)```/.exec(page) ?? [];

export default async ({ issuer, key }) => {
  const port = await freePort();
  const verify = block
    .replace('location = /_verify {', (line) => `${line}\n${credential.replace(/psk_\S*?;/, `${key};`)}`)
    .replaceAll('http://127.0.0.1:8001', issuer)
    .replace(
      'proxy_pass http://127.0.0.1:3000;',
      'rewrite ^ /_behind break; proxy_pass http://127.0.0.1:BEHIND;',
    )
    .replace('BEHIND', String(port));
  const configuration = `
daemon off;
worker_processes 1;
pid FOLDER/nginx.pid;
error_log stderr error;
events {}
http {
  access_log off;
  client_body_temp_path FOLDER/body;
  proxy_temp_path FOLDER/proxy;
  fastcgi_temp_path FOLDER/fastcgi;
  uwsgi_temp_path FOLDER/uwsgi;
  scgi_temp_path FOLDER/scgi;
  server {
    listen 127.0.0.1:${port};
    location = /_behind { default_type application/json; return 200 '{"email":"$http_x_auth_email"}'; }
    ${verify}
  }
}
`;
  const ask = await startProgram(
    'nginx',
    ['-e', 'stderr', '-p', 'FOLDER', '-c', 'FOLDER/nginx.conf'],
    { 'nginx.conf': configuration },
    port,
  );
  return async (token) => ({ sub: (await ask(token)).email });
};
