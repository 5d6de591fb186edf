import { execFileSync } from 'node:child_process';
import { freePort, startProgram } from './program.mjs';

export const version = () =>
  `nginx ${/nginx\/(\S+)/.exec(execFileSync('sh', ['-c', 'nginx -v 2>&1'], { encoding: 'utf8' }))?.[1]}`;

/** The open-source nginx verifies no tokens: it asks the service. */
export default async ({ url }) => {
  const port = await freePort();
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
    location / {
      auth_request /_auth;
      proxy_pass ${url}/auth/me; # stands for the API behind it
    }
    location = /_auth {
      internal;
      proxy_pass ${url}/auth/me;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
    }
  }
}
`;
  const verify = await startProgram(
    'nginx',
    ['-e', 'stderr', '-p', 'FOLDER', '-c', 'FOLDER/nginx.conf'],
    { 'nginx.conf': configuration },
    port,
  );
  return async (token) => ({ sub: (await verify(token)).email });
};
