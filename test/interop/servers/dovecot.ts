import { createPublicKey } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSystemServer } from '../../support/process/debian';
import { converse } from './conversation';
import type { InteropServer, Issuer, RunningServer } from './server';

const dovecot = {
  page: 'dovecot.md',
  program: '/usr/sbin/dovecot',
  token: 'access',
  version: ['/usr/sbin/dovecot', '--version'],
  start: startDovecot,
} as const;

export const DOVECOT: readonly InteropServer[] = [
  {
    ...dovecot,
    name: 'Dovecot, local validation',
    blocks: ['passdb', 'local validation'],
    checksAudience: false,
    noticesSignOut: false,
    there: 'the public key as a file by its `kid`',
    here: '`AUTH_JWT_TYPE=JWT`',
    note: 'looks at no audience',
  },
  {
    ...dovecot,
    name: 'Dovecot, introspection',
    blocks: ['passdb', 'introspection'],
    checksAudience: true,
    noticesSignOut: true,
    there: '`client_id`, `client_secret`, `active_attribute`, `scope` with the audience',
    here: 'a service account with `tokens:validate`; an audience',
    note: 'without `scope` it takes refresh tokens',
  },
];

async function startDovecot(
  [main = '', oauth2 = '']: readonly string[],
  issuer: Issuer,
): Promise<RunningServer> {
  const server = await startSystemServer({
    program: '/usr/sbin/dovecot',
    args: ({ configFile }) => ['-F', '-c', configFile],
    config: ({ folder, port }) => {
      if (oauth2.includes('local')) writePublicKey(folder, issuer);
      const settings = oauth2
        .replace('/etc/dovecot/auth-keys/', `${folder}/keys/`)
        .replace('/etc/ssl/certs/ca-certificates.crt', issuer.authority);
      writeFileSync(join(folder, 'oauth2.conf.ext'), settings);
      chmodSync(folder, 0o755);
      return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
disable_plaintext_auth = no
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
protocols = imap
listen = 127.0.0.1
ssl = no
mail_location = maildir:${folder}/mail/%u
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
${main.replace('/etc/dovecot/', `${folder}/`)}
userdb {
  driver = static
  args = uid=mail gid=mail home=${folder}/mail/%u
}
`;
    },
  });
  const takes = (token: string) => {
    const request = `n,a=${issuer.email},\x01auth=Bearer ${token}\x01\x01`;
    return converse(server.port, (text) => {
      if (text.startsWith('* OK'))
        return `A AUTHENTICATE OAUTHBEARER ${Buffer.from(request).toString('base64')}\r\n`;
      if (text.startsWith('+')) return 'AQ==\r\n'; // RFC 7628 section 3.2.3: the client answers a refusal's text with %x01
      return /^A (OK|NO|BAD)/m.test(text) ? { decided: /^A OK/m.test(text) } : undefined;
    });
  };
  return { server, takes };
}

function writePublicKey(folder: string, { privateKey = '', kid = '' }: Issuer): void {
  const keys = join(folder, 'keys/default/ES256');
  mkdirSync(keys, { recursive: true });
  const pem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
  writeFileSync(join(keys, kid), pem);
}
