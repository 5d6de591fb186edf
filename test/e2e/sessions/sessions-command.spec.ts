import { Client } from 'pg';
import { register } from '../../support/http/accounts';
import { built } from '../../support/process/build';
import { eventually } from '../../support/process/eventually';
import { run, type Ended } from '../../support/process/program';
import { startService, type Service } from '../../support/process/service';
import { endReasonOf, isValid, login, logout, refresh, signIn } from '../../support/tokens/sessions';
import { createTestDatabase, type TestDatabase, useDatabase } from '../../support/database/test-database';

/** An address at which nothing listens. */
const NO_DATABASE = 'postgresql://someone:marked-password@127.0.0.1:1/none';

describe('npm run sessions -- end', () => {
  let database: TestDatabase;
  let service: Service;

  beforeEach(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
  });

  afterEach(async () => {
    await service.stop();
    await database.drop();
  });

  const end = (args: string[], databaseUrl: string | undefined = database.url): Promise<Ended> =>
    run('node', [built('src/cli/sessions.cli.js'), ...args], {
      NODE_ENV: 'test',
      DATABASE_URL: databaseUrl,
    });

  /** The lines of its log that are audit events, without what every line has. */
  function auditOf({ output }: Ended): unknown[] {
    return output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ audit }) => audit === true)
      .map(({ msg, reason, count, user_id, before }) => ({ msg, reason, count, user_id, before }));
  }

  const EVENT = { msg: 'auth.sessions.ended', reason: 'ended-by-operator' };

  it('--all ends every session at once, and refuses what else was issued before', async () => {
    const [ada, bob] = [await register(service), await register(service)];
    const phone = await signIn(service, ada);
    await logout(service, (await signIn(service, ada)).accessToken);
    const expired = await signIn(service, bob);
    await database.query('UPDATE sessions SET idle_expires_at = now() WHERE id = $1', [expired.sid]);
    const ended = await end(['end', '--all']);
    expect(ended).toMatchObject({ status: 0, output: expect.stringContaining('3 sessions ended\n') });
    expect(auditOf(ended)).toEqual([{ ...EVENT, count: 3, user_id: 'all', before: undefined }]);
    for (const token of [ada.token, bob.token, phone.accessToken])
      expect(await isValid(service, token)).toBe(false);
    expect((await refresh(service, phone.refreshToken)).status).toBe(401);
    expect(await endReasonOf(database, phone.sid)).toBe('ended-by-operator');
    const left = await database.query('SELECT FROM users WHERE tokens_not_before IS NULL');
    expect(left).toEqual([]);
    expect(await isValid(service, (await signIn(service, ada)).accessToken)).toBe(true);
    expect(await end(['end', '--all'])).toMatchObject({
      status: 0,
      output: expect.stringContaining('1 session ended\n'),
    });
  });

  it('--user ends those of one user, in whatever letter case the address is given', async () => {
    const [ada, bob] = [await register(service), await register(service)];
    const phone = await signIn(service, ada);
    const ended = await end(['end', '--user', ` ${ada.email.toUpperCase()}`]);
    expect(ended).toMatchObject({ status: 0, output: expect.stringContaining('2 sessions ended\n') });
    expect(auditOf(ended)).toEqual([{ ...EVENT, count: 2, user_id: ada.id, before: undefined }]);
    expect(ended.output.toLowerCase()).not.toContain(ada.email);
    expect([await isValid(service, ada.token), await isValid(service, phone.accessToken)]).toEqual([
      false,
      false,
    ]);
    expect(await isValid(service, bob.token)).toBe(true);
    const moved = await database.query('SELECT id FROM users WHERE tokens_not_before IS NOT NULL');
    expect(moved).toEqual([{ id: ada.id }]);
    expect((await login(service, ada)).status).toBe(200);
  });

  it('--before ends those that were opened before, and no others', async () => {
    const ada = await register(service);
    await database.query(`UPDATE sessions SET created_at = '2026-01-01T12:00:00Z' WHERE id = $1`, [ada.sid]);
    const later = await signIn(service, ada);
    expect((await end(['end', '--before', '2026-01-01T12:00:00Z'])).output).toContain('0 sessions ended\n');
    const ended = await end(['end', '--before', '2026-01-01T14:00:01+02:00']);
    expect(ended).toMatchObject({ status: 0, output: expect.stringContaining('1 session ended\n') });
    expect(auditOf(ended)).toEqual([
      { ...EVENT, count: 1, user_id: undefined, before: '2026-01-01T12:00:01.000Z' },
    ]);
    expect([await isValid(service, ada.token), await isValid(service, later.accessToken)]).toEqual([
      false,
      true,
    ]);
  });

  it.each([
    ['--all', ['--all']],
    ['--before', ['--before', '2026-06-01']],
  ])('%s ends them all however many there are, in bounded transactions', async (_what, args) => {
    await database.query(
      `WITH people AS (
         INSERT INTO users (email, name) SELECT 'person-' || n || '@example.com', 'Person' FROM generate_series(1, 1203) AS n
         RETURNING id
       )
       INSERT INTO sessions (user_id, current_token_hash, created_at, expires_at, idle_expires_at)
       SELECT id, sha256((id || ' ' || n)::bytea), '2026-01-01', now() + interval '1 day', now() + interval '1 day'
       FROM people, generate_series(1, 2) AS n`,
    );
    expect(await end(['end', ...args])).toMatchObject({
      status: 0,
      output: expect.stringContaining('2406 sessions ended\n'),
    });
    const [{ most } = { most: 0 }] = await database.query<{ most: number }>(
      `SELECT max(count)::int AS most FROM (SELECT count(*) FROM sessions GROUP BY xmin) AS transactions`,
    );
    expect(most).toBeLessThanOrEqual(1000);
  });

  it('ends the session of a sign-in that is under way', async () => {
    const ada = await register(service);
    const signingIn = new Client({ connectionString: database.url });
    await signingIn.connect();
    await signingIn.query('BEGIN');
    await signingIn.query('SELECT FROM users WHERE id = $1 FOR SHARE', [ada.id]);
    await signingIn.query(
      `INSERT INTO sessions (user_id, current_token_hash, expires_at, idle_expires_at)
       VALUES ($1, sha256('under way'), now() + interval '1 day', now() + interval '1 day')`,
      [ada.id],
    );
    const ending = end(['end', '--user', ada.email]);
    await eventually('the command waits for the sign-in', async () => {
      const waiting = await database.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'promptstack-auth-operator'
           AND datname = current_database()`,
      );
      return waiting.length > 0 ? true : undefined;
    });
    await signingIn.query('COMMIT');
    await signingIn.end();
    expect((await ending).output).toContain('2 sessions ended\n');
  });
});

describe('npm run sessions, when it cannot do what is asked', () => {
  const database = useDatabase({ empty: true });

  const command = (args: string[], env: Record<string, string>) =>
    run('node', [built('src/cli/sessions.cli.js'), ...args], { NODE_ENV: 'test', ...env });

  it('tells what it can do with --help', async () => {
    const { status, output } = await command(['--help'], {});
    expect(status).toBe(0);
    expect(output).toContain('npm run sessions -- end --all | --before TIME | --user ADDRESS');
  });

  it.each<[string, string[], string]>([
    ['no command', [], 'the command is "end"'],
    ['another command', ['list'], 'the command is "end"'],
    ['more than the command', ['end', 'all'], 'the command is "end"'],
    ['nothing to end', ['end'], 'give one of --all, --before TIME and --user ADDRESS'],
    ['two things to end', ['end', '--all', '--user', 'a@example.com'], 'give one of --all'],
    ['an unknown option', ['end', '--al'], "Unknown option '--al'"],
    ['no time', ['end', '--before', 'yesterday'], '--before must be a time such as 2026-11-27T09:30:00Z'],
    ['a time to come', ['end', '--before', '2999-01-01'], '--before must not be in the future'],
    ['no address', ['end', '--user', 'ada'], '--user must be an e-mail address'],
  ])('exits 1 and says what is allowed: %s', async (_what, args, sentence) => {
    const { status, output } = await command(args, { DATABASE_URL: NO_DATABASE });
    expect(status).toBe(1);
    expect(output).toContain(sentence);
    expect(output.trim()).toMatch(/; --help tells more$/);
  });

  it.each<[string, Record<string, string>, string]>([
    ['no database is named', { DATABASE_URL: '' }, 'DATABASE_URL is not set'],
    [
      'the address of it is none',
      { DATABASE_URL: 'mysql://x' },
      'DATABASE_URL must be a URL that starts with postgres',
    ],
    ['it is out of reach', { DATABASE_URL: NO_DATABASE }, 'connect ECONNREFUSED 127.0.0.1:1'],
  ])('exits 1 and says why: %s', async (_what, env, sentence) => {
    const { status, output } = await command(['end', '--all'], env);
    expect(status).toBe(1);
    expect(output).toContain(sentence);
    expect(output).not.toMatch(/marked-password|ended/);
  });

  it.each([['--all'], ['--before=2026-01-01'], ['--user=ada@example.com']])(
    'exits 1 on a database without our tables: %s',
    async (option) => {
      const { status, output } = await command(['end', option], { DATABASE_URL: database.url });
      expect(status).toBe(1);
      expect(output).toContain(
        'the migrations of this version have not run: start the service, or npm run migration:run',
      );
    },
  );

  it('exits 1 when no user has the address, and needs no other setting', async () => {
    const migrated = await createTestDatabase();
    const { status, output } = await command(['end', '--user', 'nobody@example.com'], {
      ...{ NODE_ENV: 'production', DATABASE_URL: migrated.url, AUTH_SESSION_IDLE_DAYS: 'a fault' },
    });
    await migrated.drop();
    expect({ status, output }).toEqual({ status: 1, output: 'no user has this address\n' });
  });
});
