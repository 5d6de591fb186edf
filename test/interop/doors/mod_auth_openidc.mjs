/** Apache as a resource server that asks by introspection (`AuthType oauth20`). It asks over https only: a front is here. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startProgram } from '../verifiers/program.mjs';

const PACKAGE = 'libapache2-mod-auth-openidc';
const QUERY = ['-W', '-f', '${Version}', PACKAGE];

export const version = () =>
  `mod_auth_openidc ${/^[\d.]+/.exec(execFileSync('dpkg-query', QUERY, { encoding: 'utf8' }))?.[0]}`;

export default async ({ issuer, id, key }) => {
  const folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-apache-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const front = await httpsFront(issuer, folder);
  const port = await freePort();
  writeFileSync(join(folder, 'index.html'), 'good');
  chmodSync(folder, 0o755);
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'headers', 'auth_openidc'];
  const configuration = `
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerName localhost
ServerRoot ${folder}
DocumentRoot ${folder}
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/log
User www-data
Group www-data
OIDCOAuthSSLValidateServer Off
OIDCOAuthIntrospectionEndpoint ${front}/oauth/introspect
OIDCOAuthClientID ${id}
OIDCOAuthClientSecret ${key}
OIDCOAuthTokenExpiryClaim exp absolute
OIDCOAuthRemoteUserClaim username
<Location "/">
  AuthType oauth20
  OIDCOAuthTokenIntrospectionInterval -1
  <RequireAll>
    Require claim token_type:Bearer
    Require claim iss:${issuer}
  </RequireAll>
  Header always set X-Told "expr=%{REMOTE_USER}"
</Location>
`;
  const files = { 'apache.conf': configuration };
  await startProgram('/usr/sbin/apache2', ['-f', 'FOLDER/apache.conf', '-D', 'FOREGROUND'], files, port);
  return async (token) => {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch(`http://127.0.0.1:${port}/index.html`, { headers });
    if (answer.status !== 200) throw new Error(`${answer.status}`);
    return { sub: answer.headers.get('x-told') };
  };
};

/** https in front of the service, with a certificate that is good for nothing else. */
async function httpsFront(issuer, folder) {
  const [keyFile, certificateFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const made = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
  ];
  const files = ['-keyout', keyFile, '-out', certificateFile, '-subj', '/CN=localhost'];
  execFileSync('openssl', [...made, ...files], { stdio: 'ignore' });
  const { hostname, port } = new URL(issuer);
  const certificate = { key: readFileSync(keyFile), cert: readFileSync(certificateFile) };
  const server = createServer(certificate, (from, to) => {
    const { method, url: path, headers } = from;
    const onward = request({ hostname, port, method, path, headers }, (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', () => to.destroy());
    from.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `https://localhost:${server.address().port}`;
}
