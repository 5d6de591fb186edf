import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { built } from '../../support/process/build';
import { NODE } from '../../support/process/node';
import { run } from '../../support/process/program';
import { TEST_SECRET } from '../../support/process/service';
import { ProviderStub } from '../../support/providers/provider-stub';
import { createTestDatabase, useDatabase } from '../../support/database/test-database';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { id: string; status: string; detail: string; advice: string }[];
}

const SHIFT_CLOCK = join(__dirname, '../../support/process/shift-clock.cjs');
const NO_DATABASE = 'postgresql://someone:marked-password@127.0.0.1:1/none';

describe('npm run doctor', () => {
  const database = useDatabase();
  const provider = ProviderStub.use();

  const run_ = (args: string[], env: Record<string, string>) =>
    run(NODE, [built('src/cli/doctor.cli.js'), ...args], {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      AUTH_JWT_SECRET_KEY: TEST_SECRET,
      ...env,
    });

  async function examine(env: Record<string, string> = {}) {
    const { status, output } = await run_(['--json'], env);
    const report = JSON.parse(output) as Report;
    expect(Object.keys(report)).toEqual(['ok', 'checks']);
    for (const check of report.checks) {
      expect(Object.keys(check)).toEqual(['id', 'status', 'detail', 'advice']);
      expect(check.advice === '').toBe(check.status === 'ok');
    }
    expect(report.ok).toBe(status === 0);
    expect(output).not.toContain(new URL(env.DATABASE_URL ?? database.url).password || '\0');
    expect(output).not.toContain(TEST_SECRET);
    const of = (id: string) => report.checks.find((check) => check.id === id);
    return { status, ok: report.ok, ids: report.checks.map(({ id }) => id), of };
  }

  it('finds nothing wrong with a service that works, and says what it looked at', async () => {
    const { status, ids, of } = await examine({
      AUTH_OIDC_ISSUER: provider.issuer,
      AUTH_OIDC_AUDIENCE: 'app',
    });
    expect(status).toBe(0);
    expect(ids).toEqual([
      ...['settings', 'unsafe-modes', 'signing-key', 'node', 'database', 'database-version'],
      ...['database-pooler', 'migrations', 'database-role', 'database-latency', 'clock'],
      ...['mail-queue', 'audit-chain', 'providers', 'mail-server'],
    ]);
    expect(of('providers')).toMatchObject({ status: 'ok', detail: `${provider.issuer}: 1 keys` });
    expect(of('migrations')).toMatchObject({ status: 'ok' });
    expect(of('clock')).toMatchObject({ status: 'ok' });
    const { output } = await run_([], {});
    expect(output).toMatch(/^ok {4}settings: /);
    expect(output).toMatch(/^WARN {2}database-role: .*superuser/m);
  });

  it('fails where the database is out of reach, still as JSON', async () => {
    const { status, of } = await examine({ DATABASE_URL: NO_DATABASE });
    expect(status).toBe(1);
    expect(of('database')).toMatchObject({ status: 'fail', detail: 'the database is out of reach' });
    const wrong = new URL(database.url);
    wrong.password = 'marked-password';
    expect((await examine({ DATABASE_URL: wrong.href })).of('database')).toMatchObject({ status: 'fail' });
  });

  it('fails where the service would not start, still as JSON', async () => {
    const { status, of } = await examine({ NODE_ENV: 'production', AUTH_JWT_SECRET_KEY: 'changeme' });
    expect(status).toBe(1);
    expect(of('settings')?.detail).toMatch(/AUTH_JWT_SECRET_KEY/);
  });

  it('warns of unsafe modes of production, and fails on a Node.js past its support there', async () => {
    const { of } = await examine({ NODE_ENV: 'production', AUTH_PASSWORD_HASH_COST: '10' });
    expect(of('unsafe-modes')?.detail).toMatch(/DATABASE_URL does not require a verified certificate/);
    const isOld = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).startsWith('v20.');
    expect(of('node')?.status).toBe(isOld ? 'fail' : 'ok');
    expect((await examine()).of('node')?.status).toBe(isOld ? 'warn' : 'ok');
  });

  it('fails where the chain of the audit log is broken, and says where', async () => {
    expect((await examine()).of('audit-chain')).toMatchObject({ status: 'ok' });
    const [event] = await database.query<{ id: string }>(
      `INSERT INTO audit_events (id, stream, seq, time, type, outcome, mac)
       VALUES (gen_random_uuid(), gen_random_uuid(), 1, now(), 'forged', 'success', '\\x00') RETURNING id`,
    );
    const { status, of } = await examine();
    await database.query('DELETE FROM audit_events');
    expect(status).toBe(1);
    expect(of('audit-chain')).toMatchObject({ status: 'fail', detail: expect.stringContaining(event!.id) });
  });

  it('fails where a key set cannot be read', async () => {
    const { status, of } = await examine({
      AUTH_OIDC_ISSUER: 'http://127.0.0.1:9',
      AUTH_OIDC_AUDIENCE: 'app',
    });
    expect(status).toBe(1);
    expect(of('providers')).toMatchObject({ status: 'fail' });
  });

  it('warns of a clock that is off, and fails where tokens would be refused', async () => {
    const shifted = (ms: number) => ({
      NODE_OPTIONS: `--require=${SHIFT_CLOCK}`,
      CLOCK_SHIFT_MS: String(ms),
    });
    expect((await examine(shifted(5_000))).of('clock')).toMatchObject({
      status: 'warn',
      detail: expect.stringMatching(/^(4\.9|5\.[01]) s ahead of/) as string,
    });
    expect((await examine(shifted(-90_000))).of('clock')).toMatchObject({ status: 'fail' });
  });

  it('names migrations that have not run, rights that are missing, and a role that serves only', async () => {
    const empty = await createTestDatabase({ empty: true });
    const name = `server_${randomBytes(4).toString('hex')}`;
    const url = new URL(database.url);
    url.username = name;
    url.password = 'marked-password';
    try {
      expect((await examine({ DATABASE_URL: empty.url })).of('migrations')).toMatchObject({ status: 'warn' });
      await database.query(`CREATE ROLE ${name} LOGIN PASSWORD 'marked-password'`);
      await database.query(`REVOKE CREATE ON SCHEMA public FROM PUBLIC`);
      await database.query(`GRANT SELECT ON migrations TO ${name}`);
      const { status, of } = await examine({ DATABASE_URL: url.href });
      expect(status).toBe(1);
      expect(of('database-role')?.detail).toMatch(/GRANT INSERT ON TABLE public\.sessions/);
      await database.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${name}`);
      const granted = await examine({ DATABASE_URL: url.href });
      expect(granted.of('database-role')).toMatchObject({ status: 'ok' });
    } finally {
      await database.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
      await empty.drop();
    }
  });

  it('exits with 2 where it is called in a way that it does not know', async () => {
    expect((await run_(['everything'], {})).status).toBe(2);
    expect((await run_(['--fast'], {})).status).toBe(2);
  });
});
