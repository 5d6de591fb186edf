import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../process/eventually';

const MODULES = '/usr/lib/apache2/modules';

/** Debian's Apache as a proxy on the way out, which lets only `user:secret` through. */
export class ForwardProxy {
  private constructor(
    private readonly process: ChildProcess,
    private readonly log: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<ForwardProxy> {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'promptstack-proxy-'));
    chmodSync(folder, 0o755); // its workers are nobody
    const log = join(folder, 'access.log');
    const users = join(folder, 'users');
    writeFileSync(users, 'user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n', { mode: 0o644 }); // "secret"
    const file = join(folder, 'apache.conf');
    writeFileSync(file, configuration({ port, folder, log, users }));
    const process = spawn('/usr/sbin/apache2', ['-f', file, '-D', 'FOREGROUND'], { stdio: 'inherit' });
    process.once('error', () => undefined); // the wait below says that it did not come up
    await eventually('the proxy listens', () => accepts(port));
    return new ForwardProxy(process, log, port);
  }

  /** Its address, with the credentials that it wants or with others. */
  url(credentials = 'user:secret@'): string {
    return `http://${credentials}127.0.0.1:${this.port}`;
  }

  /** What it was asked so far: `CONNECT host:port` and the status that it answered. */
  get requests(): string[] {
    return readFileSync(this.log, 'utf8').split('\n').filter(Boolean);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGTERM');
    await once(this.process, 'exit');
  }
}

function configuration({ port, folder, log, users }: Record<string, string | number>): string {
  const modules = [
    'mpm_event',
    'authn_core',
    'authn_file',
    'authz_core',
    'authz_user',
    'auth_basic',
    'proxy',
    'proxy_connect',
    'proxy_http',
  ];
  return `
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
ServerName localhost
ServerRoot ${folder}
User nobody
Group nogroup
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
LogFormat "%r %>s" short
CustomLog ${log} short
ProxyRequests On
AllowCONNECT 1024-65535
<Proxy "*">
  AuthType Basic
  AuthName proxy
  AuthUserFile ${users}
  Require valid-user
</Proxy>
`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function accepts(port: number): Promise<true | undefined> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(undefined));
  });
}
