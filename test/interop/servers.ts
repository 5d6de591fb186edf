import { createPublicKey } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { startSystemServer, freePort, type SystemServer } from '../support/process/debian';
import { TEST_SECRET } from '../support/process/service';

/** What a server needs to know of the service whose tokens it takes. */
export interface Issuer {
  readonly url: string;
  /** PEM; undefined with HS256. */
  readonly privateKey: string | undefined;
  readonly kid: string | undefined;
  readonly email: string;
}

/** A server that runs, and whether it takes a token. */
export interface RunningServer {
  readonly server: SystemServer;
  takes(token: string): Promise<boolean>;
}

/** A server that takes our tokens, started with the configuration of its page. */
export interface InteropServer {
  readonly name: string;
  /** In `docs/integrate/servers/`. */
  readonly page: string;
  readonly program: string;
  /** Whether it refuses tokens of another audience, by its configuration on the page. */
  readonly checksAudience: boolean;
  readonly here: string;
  readonly note: string;
  /** What answers with the version. */
  readonly version: readonly string[];
  start(blocks: readonly string[], issuer: Issuer): Promise<RunningServer>;
}

export const SERVERS: readonly InteropServer[] = [
  {
    name: 'Dovecot, local validation',
    page: 'dovecot.md',
    program: '/usr/sbin/dovecot',
    checksAudience: false,
    here: '`AUTH_JWT_TYPE=JWT`',
    note: 'looks at no audience',
    version: ['/usr/sbin/dovecot', '--version'],
    start: startDovecot,
  },
  {
    name: 'InfluxDB 1.x',
    page: 'influxdb.md',
    program: '/usr/bin/influxd',
    checksAudience: false,
    here: '`AUTH_JWT_EXTRA_CLAIMS` with `username`, HS256',
    note: 'holds the secret that signs; looks at no issuer and no audience',
    version: ['/usr/bin/influxd', 'version'],
    start: startInfluxDb,
  },
  {
    name: 'Apache, mod_oauth2',
    page: 'mod_oauth2.md',
    program: '/usr/lib/apache2/modules/mod_oauth2.so',
    checksAudience: true,
    here: 'nothing (an audience)',
    note: '',
    version: ['/usr/bin/dpkg-query', '-W', '-f', '${Version}', 'libapache2-mod-oauth2'],
    start: startApache,
  },
];

async function startDovecot(blocks: readonly string[], issuer: Issuer): Promise<RunningServer> {
  const [main = '', oauth2 = ''] = blocks;
  const server = await startSystemServer({
    program: '/usr/sbin/dovecot',
    args: ({ configFile }) => ['-F', '-c', configFile],
    config: ({ folder, port }) => {
      const keys = join(folder, 'keys/default/ES256');
      mkdirSync(keys, { recursive: true });
      const publicKey = createPublicKey(issuer.privateKey ?? '');
      writeFileSync(join(keys, issuer.kid ?? ''), publicKey.export({ type: 'spki', format: 'pem' }));
      const settings = oauth2.replace('/etc/dovecot/auth-keys/', `${folder}/keys/`);
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
  const takes = async (token: string) => {
    const request = `n,a=${issuer.email},\x01auth=Bearer ${token}\x01\x01`;
    const command = `A AUTHENTICATE OAUTHBEARER ${Buffer.from(request).toString('base64')}\r\n`;
    return /^A OK/m.test(await talk(server.port, command));
  };
  return { server, takes };
}

/** Sends an IMAP command, and an empty answer to a challenge; answers what came until the command was decided. */
function talk(port: number, command: string): Promise<string> {
  return new Promise((done, fail) => {
    let text = '';
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(15_000, () => socket.destroy(new Error(`no decision: ${text}`)));
    socket.once('error', fail);
    socket.on('data', (chunk: Buffer) => {
      const isGreeting = text === '';
      text += chunk.toString();
      if (isGreeting) socket.write(command);
      else if (chunk.toString().startsWith('+')) socket.write('AQ==\r\n');
      if (!/^A (OK|NO|BAD)/m.test(text)) return;
      socket.end();
      done(text);
    });
  });
}

async function startInfluxDb([http = '']: readonly string[], issuer: Issuer): Promise<RunningServer> {
  const rpc = await freePort();
  const server = await startSystemServer({
    program: '/usr/bin/influxd',
    args: ({ configFile }) => ['-config', configFile],
    config: ({ folder, port }) => `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
${http.replace('the value of AUTH_JWT_SECRET_KEY', TEST_SECRET)}
  bind-address = "127.0.0.1:${port}"
`,
  });
  const query = (q: string, authorization?: string) =>
    fetch(`http://127.0.0.1:${server.port}/query`, {
      method: 'POST',
      body: new URLSearchParams({ q }),
      ...(authorization !== undefined && { headers: { authorization } }),
    });
  await query(`CREATE USER root WITH PASSWORD 'secret' WITH ALL PRIVILEGES`);
  const root = `Basic ${Buffer.from('root:secret').toString('base64')}`;
  await query(`CREATE USER "${issuer.email}" WITH PASSWORD 'nobody knows it'`, root);
  return { server, takes: async (token) => (await query('SHOW DATABASES', `Bearer ${token}`)).ok };
}

async function startApache([location = '']: readonly string[]): Promise<RunningServer> {
  const modules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'oauth2'];
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
