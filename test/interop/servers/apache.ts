import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSystemServer } from '../../support/process/debian';
import { packaged, type InteropServer, type Issuer, type RunningServer } from './server';

export const APACHE: readonly InteropServer[] = [
  {
    name: 'Apache, mod_oauth2',
    page: 'mod_oauth2.md',
    program: '/usr/lib/apache2/modules/mod_oauth2.so',
    checksAudience: true,
    noticesSignOut: false,
    token: 'access',
    there: 'the key set; `Require` for issuer and audience',
    here: 'nothing (an audience)',
    note: 'without the lines `Require oauth2_claim` it takes any issuer and audience',
    version: packaged('libapache2-mod-oauth2'),
    start: (blocks, issuer) => startApache('oauth2', blocks, issuer),
  },
  {
    name: 'Apache, mod_auth_openidc',
    page: 'mod_auth_openidc.md',
    program: '/usr/lib/apache2/modules/mod_auth_openidc.so',
    tls: true,
    checksAudience: true,
    noticesSignOut: true,
    token: 'access',
    there: 'introspection with `OIDCOAuthTokenExpiryClaim exp absolute`, nothing cached',
    here: 'a service account with `tokens:validate`; an audience',
    note: 'https only; 503 of this service is a 401 there',
    version: packaged('libapache2-mod-auth-openidc'),
    start: (blocks, issuer) => startApache('auth_openidc', blocks, issuer),
  },
];

async function startApache(
  module: string,
  [location = '']: readonly string[],
  { authority }: Issuer,
): Promise<RunningServer> {
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', module];
  const load = (name: string) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
  const server = await startSystemServer({
    program: '/usr/sbin/apache2',
    args: ({ configFile }) => ['-f', configFile, '-D', 'FOREGROUND'],
    config: ({ folder, port }) => {
      writeFileSync(join(folder, 'index.html'), 'good');
      chmodSync(folder, 0o755);
      return `
${modules.map(load).join('\n')}
ServerName localhost
ServerRoot ${folder}
DocumentRoot ${folder}
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/log
${module === 'auth_openidc' ? `OIDCCABundlePath ${authority}` : ''}
User www-data
Group www-data
${location}
`;
    },
  });
  const takes = async (token: string) => {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await fetch(`http://127.0.0.1:${server.port}/index.html`, { headers });
    return answer.status === 200;
  };
  return { server, takes };
}
