import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register, uniqueEmail } from '../support/http/accounts';
import { built } from '../support/process/build';
import { ended } from '../support/process/ended';
import { eventually } from '../support/process/eventually';
import { bearer, send } from '../support/http/http';
import { NODE, PATH } from '../support/process/node';
import { untilReady } from '../support/process/readiness';
import { startService, TEST_SECRET } from '../support/process/service';
import { TcpProxy } from '../support/http/tcp-proxy';
import { useDatabase } from '../support/database/test-database';

const FULL_DISK = '/dev/full';

describe('the log', () => {
  const database = useDatabase();

  it('holds no secret of any request, good or bad, in an outage or not; one JSON object a line (R62)', async () => {
    const secret = 'marked-secret-0123456789-abcdefghijklmn';
    const proxy = await TcpProxy.start(database.url);
    const service = await startService({
      databaseUrl: proxy.url,
      env: {
        NODE_ENV: 'test',
        AUTH_JWT_SECRET_KEY: secret,
        AUTH_ALLOW_DEV_HEADERS: 'true',
        AUTH_LOG_LEVEL: 'debug',
      },
    });
    try {
      const account = await register(service, { password: 'marked-password-1', name: 'marked-name' });
      const other = await register(service, { password: 'marked-password-2' });
      const secrets = [
        ...[secret, new URL(database.url).password, 'marked'],
        ...[account, other].flatMap(({ token, refreshToken, password }) => [token, refreshToken, password]),
        ...[account, other].map(({ token }) => token.split('.')[2] ?? '?'),
      ];
      const everything = async () => {
        const marked = {
          email: `marked-${uniqueEmail()}`,
          password: 'marked-password-3',
          name: 'marked-name',
        };
        const token = `${account.token}marked`;
        const bodies: [string, string, unknown][] = [
          ['POST', '/auth/register', marked],
          ['POST', '/auth/register', { ...marked, email: account.email }],
          ['POST', '/auth/register', { ...marked, email: 'marked-no-address' }],
          ['POST', '/auth/register', { ...marked, password: 'marked' }],
          ['POST', '/auth/register', `{"password":"marked-password-4"`],
          ['POST', '/auth/register', `{"password":"marked-password-5","password":"marked-password-6"}`],
          ['POST', '/auth/login', { email: account.email, password: account.password }],
          ['POST', '/auth/login', { email: account.email, password: 'marked-wrong' }],
          ['POST', '/auth/login', { email: 'marked-nobody@example.com', password: 'marked-wrong' }],
          ['POST', '/auth/validate', { token: account.token }],
          ['POST', '/auth/validate', { token }],
          ['POST', '/auth/validate', { token: 5 }],
          ['POST', '/auth/refresh', { refresh_token: other.refreshToken }],
          ['POST', '/auth/refresh', { refresh_token: 'marked-refresh' }],
          ['POST', '/auth/password', { current_password: 'marked-wrong', new_password: 'marked-password-7' }],
          ['PATCH', '/users/me', { name: 'marked-name-2' }],
        ];
        const headers: [string, Record<string, string>][] = [
          ['/auth/me', bearer(account.token)],
          ['/auth/me', bearer(token)],
          ['/teams', { Authorization: `Basic ${Buffer.from('marked:marked').toString('base64')} marked` }],
          ['/domains', { Cookie: 'session=marked' }],
          ['/users/me', { 'X-User-Email': 'marked-dev@example.com', 'X-User-Name': 'marked-dev' }],
          ['/users/me', { 'X-User-Name': 'marked-dev' }],
          ['/marked-path?token=marked', { 'X-Request-Id': 'marked id' }],
          ['/auth/sessions/marked', bearer(account.token)],
        ];
        const statuses = [
          ...(await Promise.all(
            bodies.map(([method, path, body]) =>
              send(service, method, path, { body, headers: bearer(account.token) }),
            ),
          )),
          ...(await Promise.all(
            headers.map(([path, sent]) => send(service, 'GET', path, { headers: sent })),
          )),
        ].map(({ status }) => status);
        expect(statuses).not.toContain(500);
        return statuses;
      };

      expect(await everything()).toContain(200);
      await proxy.refuse();
      expect(await everything()).toContain(503);
      await proxy.accept();
      expect(await service.stop()).toBe(0);

      const output = service.output();
      expect(output).toContain('"code":"invalid-credentials"');
      for (const text of secrets) expect([text, output.includes(text)]).toEqual([text, false]);
      const lines = output.slice(0, output.indexOf('\n\n')).split('\n');
      expect(lines.filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
      const objects = output.split('\n').filter((line) => line.startsWith('{'));
      expect(objects.length).toBeGreaterThan(50);
      for (const line of objects)
        expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), time: expect.any(String) });
    } finally {
      await service.stop('SIGKILL');
      await proxy.stop();
    }
  });

  it.each([
    ['a pipe that is closed from the start', 'pipe', (child: ChildProcess) => child.stdout?.destroy()],
    ['a pipe that nobody reads', openPipe(), () => undefined],
    ...(existsSync(FULL_DISK) ? [['a full disk', openSync(FULL_DISK, 'w'), () => undefined] as const] : []),
  ] as const)('to %s stops no request and no stop (O11)', async (_what, stdout, treat) => {
    const port = await freePort();
    const child = spawn(NODE, [built('src/main.js')], {
      cwd: tmpdir(),
      env: {
        PATH,
        NODE_ENV: 'test',
        PORT: String(port),
        DATABASE_URL: database.url,
        AUTH_JWT_SECRET_KEY: TEST_SECRET,
        AUTH_PASSWORD_HASH_COST: '4',
      },
      stdio: ['ignore', stdout, 'inherit'],
    });
    treat(child);
    try {
      const service = { url: `http://127.0.0.1:${port}` };
      await eventually('it listens', () =>
        send(service, 'GET', '/health/live').then(
          () => true,
          () => undefined,
        ),
      );
      await untilReady(service);
      const account = await register(service);
      // Far more lines than any pipe holds.
      for (let round = 0; round < 8; round++) {
        const answers = await Promise.all(
          Array.from({ length: 100 }, () =>
            send(service, 'GET', '/auth/me', { headers: bearer(account.token) }),
          ),
        );
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      }
      child.kill('SIGTERM');
      expect(await ended(child)).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

/** A pipe of the system's own small size, which lives while it is open; what Node makes for a child is a socket. */
function openPipe(): number {
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-pipe-'));
  try {
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    return openSync(join(directory, 'pipe'), 'r+');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
