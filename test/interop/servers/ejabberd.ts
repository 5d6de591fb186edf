import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSystemServer } from '../../support/process/debian';
import { converse } from './conversation';
import { packaged, type InteropServer, type Issuer, type RunningServer } from './server';

export const EJABBERD: InteropServer = {
  name: 'ejabberd',
  page: 'ejabberd.md',
  program: '/usr/sbin/ejabberdctl',
  large: true,
  checksAudience: false,
  noticesSignOut: false,
  token: 'access',
  there: 'a file with one key: `jwks.json?alg=RS256`',
  here: 'RS256 or ES256',
  note: 'looks at no issuer, no audience, no `kid`; one key, so no rotation without a gap',
  version: packaged('ejabberd'),
  start: startEjabberd,
};

async function startEjabberd([settings = '']: readonly string[], issuer: Issuer): Promise<RunningServer> {
  const server = await startSystemServer({
    program: '/usr/bin/erl',
    // Without a node name: it needs no name server then.
    args: ({ folder }) => [
      ...['-noinput', '-pa', folder, '-mnesia', 'dir', `"${folder}/data"`, '-s', 'ejabberd'],
      ...['-env', 'EJABBERD_CONFIG_PATH', `${folder}/ejabberd.yml`],
      ...['-env', 'EJABBERD_LOG_PATH', `${folder}/ejabberd.log`],
      ...['-env', 'ERL_LIBS', '/usr/lib/x86_64-linux-gnu'],
    ],
    config: ({ folder, port }) => {
      writeFileSync(join(folder, 'auth.jwks'), issuer.oneKeySet);
      const page = settings.replace('/etc/ejabberd/', `${folder}/`);
      const listen = `listen:\n  - port: ${port}\n    ip: 127.0.0.1\n    module: ejabberd_c2s\n`;
      writeFileSync(join(folder, 'ejabberd.yml'), `${listen}${page}\n`);
      return '';
    },
  });
  return { server, takes: (token) => signsIn(server.port, issuer.email, token) };
}

/** SASL PLAIN (RFC 6120 section 6), with the token as password. */
function signsIn(port: number, email: string, token: string): Promise<boolean> {
  const [user = '', host = ''] = email.split('@');
  const open = `<stream:stream to='${host}' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`;
  const answer = Buffer.from(`\0${user}\0${token}`).toString('base64');
  const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${answer}</auth>`;
  return converse(
    port,
    (text) => {
      if (text.includes('</stream:features>')) return auth;
      return /<(success|failure)/.test(text) ? { decided: text.includes('<success') } : undefined;
    },
    `<?xml version='1.0'?>${open}`,
  );
}
