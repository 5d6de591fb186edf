import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ended } from '../../support/process/ended';
import { send } from '../../support/http/http';
import { run } from '../../support/process/program';
import { logOf, spawnService, startService } from '../../support/process/service';
import { useService } from '../../support/process/use-service';

/** What a new user meets in the first hour, and the sentence that helps. */
describe('the first hour', () => {
  let directory: string;
  const service = useService();
  const { database } = service;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-first-hour-'));
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('a development header that is switched off is named to the caller and in the log', async () => {
    const answer = await send(service, 'GET', '/auth/me', { headers: { 'X-User-Email': 'dev@example.com' } });
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({
      code: 'authentication-required',
      detail:
        'Authentication is required. The headers X-User-Email and X-User-Name count only while AUTH_ALLOW_DEV_HEADERS=true.',
    });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="promptstack-auth"');
    expect(await logOf(service, answer.headers)).toContainEqual(
      expect.objectContaining({ msg: 'refused', reason: 'development headers are off' }),
    );
    const without = await send(service, 'GET', '/auth/me');
    expect(without.body.detail).toBe('Authentication is required.');
  });

  it('in production the caller is told nothing of development headers, the log is', async () => {
    const production = await startService({
      databaseUrl: database.url,
      env: {
        NODE_ENV: 'production',
        AUTH_JWT_SECRET_KEY: 'q8Zr2vN5xW7yB1mK4pT6sD9fG3hJ0aLc',
        AUTH_PASSWORD_HASH_COST: '10',
      },
    });
    const answer = await send(production, 'GET', '/auth/me', { headers: { 'X-User-Name': 'Dev' } });
    expect(answer.body.detail).toBe('Authentication is required.');
    expect(await logOf(production, answer.headers)).toContainEqual(
      expect.objectContaining({ msg: 'refused', reason: 'development headers are off' }),
    );
    expect((await fetch(`${production.url}/`, { redirect: 'manual' })).status).toBe(404);
    await production.stop();
  });

  it('the root leads to the pages of the API, also below a path of a proxy', async () => {
    const root = await fetch(`${service.url}/`, { redirect: 'manual' });
    expect([root.status, root.headers.get('location')]).toEqual([302, '/docs']);
    const prefixed = await startService({
      databaseUrl: database.url,
      env: { AUTH_PUBLIC_URL: 'https://example.com/identity/' },
    });
    const below = await fetch(`${prefixed.url}/`, { redirect: 'manual' });
    expect(below.headers.get('location')).toBe('/identity/docs');
    await prefixed.stop();
  });

  describe('a port or a folder that cannot be had', () => {
    it('names the taken port and the remedy at the start of the service', async () => {
      const second = spawnService({ DATABASE_URL: database.url, PORT: String(service.port) });
      expect(await ended(second.process)).toBe(1);
      expect(second.output()).toContain(
        `Port ${service.port} is taken by another program: stop that one, or choose another port: PORT=8002 npm start`,
      );
      expect(second.output()).not.toContain('is ready at');
    });

    it('names the taken port and the remedy at the start of the provider for development', async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const { port } = taken.address() as AddressInfo;
      const { status, output } = await run('node', ['dist/tools/idp.js', String(port)]);
      taken.close();
      expect(status).toBe(1);
      expect(output).toBe(
        `Port ${port} is taken by another program: stop that one, or choose another port: npm run idp -- 8010\n`,
      );
    });

    it('names the folder that new keys cannot go to, and the file that is there already', async () => {
      const generate = (folder: string) =>
        run('node', ['dist/src/cli/keys-generate.cli.js', '--alg', 'HS256', '--files', folder]);
      const missing = await generate(join(directory, 'none'));
      expect(missing.status).toBe(1);
      expect(missing.output).toMatch(/none\/\S+ does not exist\n$/);
      writeFileSync(join(directory, 'file'), '');
      const below = await generate(join(directory, 'file', 'keys'));
      expect(below.output).toContain('is below something that is not a folder');
    });
  });

  it('a Node.js that is too old names the one that is needed', () => {
    const preload = join(directory, 'old-node.cjs');
    writeFileSync(
      preload,
      `Object.defineProperty(process.versions, 'node', { value: '18.20.4', configurable: true });`,
    );
    const start = () =>
      execFileSync(
        process.execPath,
        ['--require', preload, resolve(__dirname, '../../../dist/src/main.js')],
        {
          encoding: 'utf8',
          stdio: 'pipe',
          env: { PATH: process.env.PATH, NODE_ENV: 'test' },
        },
      );
    expect(start).toThrow(
      'This is Node.js 18.20.4. The service needs Node.js 24 (recommended), or 20.19, 22.13 or newer.',
    );
  });
});
