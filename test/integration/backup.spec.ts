import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { register, uniqueEmail, type Account } from '../support/http/accounts';
import { bearer, send } from '../support/http/http';
import { describeWith } from '../support/process/debian';
import { built } from '../support/process/build';
import { NODE, PATH } from '../support/process/node';
import { run } from '../support/process/program';
import { startService, type Service } from '../support/process/service';
import { useResource } from '../support/process/use-resource';
import {
  POSTGRES_TOOLS,
  startDebianPostgres,
  type DebianPostgres,
} from '../support/database/debian-postgres';
import { query } from '../support/database/test-database';
import { validate } from '../support/providers/oidc';
import { ProviderStub } from '../support/providers/provider-stub';

describeWith(POSTGRES_TOOLS)('npm run backup and npm run restore', () => {
  const provider = ProviderStub.use();
  let server: DebianPostgres;
  let folder: string;
  let file: string;
  let account: Account;
  let providerToken: string;
  let code: string;
  useResource(
    async () => {
      server = await startDebianPostgres();
      folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-backup-'));
      file = join(folder, 'auth.backup');
      await query(server.url('postgres'), 'CREATE DATABASE source');
    },
    async () => {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  );

  const command = (name: 'backup' | 'restore', path: string, database: string) =>
    run(NODE, [built(`src/cli/${name}.cli.js`), path], {
      DATABASE_URL: server.url(database),
      PATH: `${dirname(POSTGRES_TOOLS[0]!)}:${PATH}`,
    });
  const start = (database: string): Promise<Service> =>
    startService({
      databaseUrl: server.url(database),
      env: { AUTH_OIDC_ISSUER: provider.issuer, AUTH_OIDC_AUDIENCE: 'app' },
    });
  const created = async (name: string) => {
    await query(server.url('postgres'), `CREATE DATABASE ${name}`);
    return name;
  };
  const tablesOf = (database: string) =>
    query(server.url(database), "SELECT tablename FROM pg_tables WHERE schemaname = 'public'");

  /** Makes a key of a service, and a user; answers the code of the user. */
  async function actAsAdministrator(service: Service): Promise<string> {
    await query(server.url('source'), "UPDATE users SET role = 'admin' WHERE id = $1", [account.id]);
    const made = await send<{ activation: { code: string } }>(service, 'POST', '/users', {
      headers: bearer(account.token),
      body: { email: uniqueEmail(), name: 'Grace Hopper' },
    });
    const headers = bearer(account.token);
    const serviceAccount = await send(service, 'POST', '/service-accounts', {
      headers,
      body: { name: 'billing', scopes: ['tokens:validate'] },
    });
    const path = `/service-accounts/${String(serviceAccount.body.id)}/keys`;
    expect((await send(service, 'POST', path, { headers, body: {} })).status).toBe(201);
    return made.body.activation.code;
  }

  it('writes a database in use to a file for its owner alone, and overwrites none', async () => {
    const service = await start('source');
    try {
      account = await register(service);
      providerToken = provider.mint();
      expect((await validate(service, providerToken)).body.valid).toBe(true);
      code = await actAsAdministrator(service);
      const { status, output } = await command('backup', file, 'source');
      expect([status, output]).toEqual([0, `${file}: ${statSync(file).size} bytes\n`]);
    } finally {
      await service.stop();
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file);
    expect(await command('backup', file, 'source')).toMatchObject({
      status: 1,
      output: expect.stringContaining('exists already') as string,
    });
    expect(readFileSync(file).equals(before)).toBe(true);
    const failed = join(folder, 'failed.backup');
    expect((await command('backup', failed, 'nowhere')).status).toBe(1);
    expect(existsSync(failed)).toBe(false);
  });

  it('brings every user back and no session, token or code, and says what it cannot know', async () => {
    const { status, output } = await command('restore', file, await created('target'));
    expect([status, output]).toEqual([
      0,
      expect.stringMatching(/restored the backup of 20.*who was deactivated/s),
    ]);
    const service = await start('target');
    try {
      const { email, password, token, refreshToken, id } = account;
      expect((await validate(service, token)).body).toMatchObject({ valid: false });
      expect((await send(service, 'GET', '/auth/me', { headers: bearer(token) })).status).toBe(401);
      const refresh = { body: { refresh_token: refreshToken } };
      expect((await send(service, 'POST', '/auth/refresh', refresh)).status).toBe(401);
      expect((await validate(service, providerToken)).body.valid).toBe(false);
      const activation = { body: { code, password: 'another horse battery' } };
      expect((await send(service, 'POST', '/auth/activate', activation)).status).toBe(404);
      expect(await query(server.url('target'), 'SELECT FROM service_keys')).toEqual([]);
      const login = await send(service, 'POST', '/auth/login', { body: { email, password } });
      expect(login).toMatchObject({ status: 200, body: { user: { id } } });
      expect((await validate(service, String(login.body.access_token))).body.valid).toBe(true);
    } finally {
      await service.stop();
    }
  });

  it('restores into an empty database only, all of it or nothing', async () => {
    expect(await command('restore', file, 'source')).toMatchObject({
      status: 1,
      output: expect.stringContaining('the database is not empty') as string,
    });
    const half = join(folder, 'half.backup');
    const whole = readFileSync(file);
    writeFileSync(half, whole.subarray(0, Math.floor(whole.length * 0.7)));
    const broken = await command('restore', half, await created('broken'));
    expect(broken.status).toBe(1);
    expect(await tablesOf('broken')).toEqual([]);
    writeFileSync(half, 'no backup');
    expect(await command('restore', half, 'broken')).toMatchObject({ status: 1 });
    expect(await tablesOf('broken')).toEqual([]);
  });
});
