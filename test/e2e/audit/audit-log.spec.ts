import { randomBytes } from 'node:crypto';
import { anAdmin, aUser, type ApiUser } from '../../support/http/administration';
import { uniqueEmail } from '../../support/http/accounts';
import { send } from '../../support/http/http';
import { scrape, type Metrics } from '../../support/http/metrics';
import { expectProblem } from '../../support/http/problem';
import { built } from '../../support/process/build';
import { run, type Ended } from '../../support/process/program';
import { useService } from '../../support/process/use-service';

interface Event extends Record<string, unknown> {
  readonly id: string;
  readonly type: string;
}

const KEY = randomBytes(32).toString('hex');

describe('the audit log', () => {
  const service = useService({ env: { AUTH_AUDIT_KEY: KEY }, mayAnswer5xx: true });
  const { database } = service;
  let admin: ApiUser;

  beforeAll(async () => {
    admin = await anAdmin(service, database);
  });

  const events = async (query = ''): Promise<Event[]> =>
    (await admin.must<{ items: Event[] }>(200, 'GET', `/audit/events${query}`)).items;
  const login = (body: object, id = 'a-request') =>
    send(service, 'POST', '/auth/login', {
      body,
      headers: { 'X-Request-Id': id, 'User-Agent': 'audit-test/1.0' },
    });
  const verify = (env: Record<string, string> = { AUTH_AUDIT_KEY: KEY }): Promise<Ended> =>
    run('node', [built('src/cli/audit.cli.js'), 'verify'], {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      ...env,
    });

  it('R61 tells who did what to whom, from where, with which outcome', async () => {
    const { account } = await aUser(service);
    const { email, password, id } = account;
    await login({ email, password }, 'good-login');
    await login({ email, password: 'wrong' }, 'bad-login');
    const source = { ip: '127.0.0.1', user_agent: 'audit-test/1.0' };
    const user = { kind: 'user', id };
    expect(await events('?request_id=good-login')).toEqual([
      {
        id: expect.any(String),
        time: expect.stringMatching(/Z$/),
        type: 'auth.login.succeeded',
        outcome: 'success',
        request_id: 'good-login',
        actor: user,
        target: user,
        source,
        changes: null,
        details: { session_id: expect.any(String) },
      },
    ]);
    expect(await events('?request_id=bad-login')).toMatchObject([
      {
        type: 'auth.login.failed',
        outcome: 'failure',
        actor: null,
        target: user,
        details: { reason: 'password' },
      },
    ]);
  });

  it('R61 names changed fields, every 403, a refused refresh and the begin of a lockout', async () => {
    const user = await aUser(service);
    await admin.must(200, 'PATCH', `/users/${user.id}`, { name: 'Another Name' });
    const [changed] = await events(`?type=user.updated&target=${user.id}`);
    expect(changed).toMatchObject({ actor: { kind: 'user', id: admin.id }, changes: { name: {} } });
    expect(JSON.stringify(changed)).not.toContain('Another Name');
    expectProblem(await user.send('GET', '/users'), 'forbidden');
    expect(await events(`?type=auth.access.denied&actor=${user.id}`)).toMatchObject([
      { outcome: 'denied', details: { code: 'forbidden' } },
    ]);
    const body = { refresh_token: `psr_${'A'.repeat(43)}` };
    await send(service, 'POST', '/auth/refresh', { body });
    expect((await events('?type=auth.refresh.refused')).length).toBeGreaterThan(0);
  });

  it('pages through everything once, and exports the same as lines of JSON', async () => {
    const { account } = await aUser(service);
    for (let n = 0; n < 5; n++) await login({ email: account.email, password: 'wrong' });
    const filter = `target=${account.id}`;
    const all = await events(`?${filter}&limit=200`);
    const paged: Event[] = [];
    let cursor = '';
    do {
      const page = await admin.must<{ items: Event[]; next_cursor: string | null }>(
        200,
        'GET',
        `/audit/events?${filter}&limit=2${cursor}`,
      );
      paged.push(...page.items);
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`;
    } while (cursor !== '');
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThanOrEqual(6);
    const { headers, text } = await admin.send('GET', `/audit/events/export?${filter}`);
    expect(headers.get('content-type')).toMatch(/^application\/x-ndjson/);
    const lines = text.split('\n').filter(Boolean);
    expect(lines.map((line) => JSON.parse(line) as Event)).toEqual(all);
    for (const query of ['from=x', 'outcome=x', 'limit=0', 'type=']) {
      expectProblem(await admin.send('GET', `/audit/events?${query}`), 'invalid-input');
    }
  });

  it('bounds the rows of an attack: failures beyond ten a minute are counted', async () => {
    const { account } = await aUser(service);
    await Promise.all(
      Array.from({ length: 40 }, () => login({ email: account.email, password: 'wrong' }, 'an-attack')),
    );
    expect(await events('?request_id=an-attack&limit=200')).toHaveLength(10);
  });

  it('keeps the events of a deleted user, and nothing of the user but the id', async () => {
    const user = await aUser(service);
    await admin.must(204, 'DELETE', `/users/${user.id}`);
    const kept = await events(`?target=${user.id}`);
    expect(kept.map(({ type }) => type)).toEqual(expect.arrayContaining(['user.deleted', 'auth.registered']));
    expect(JSON.stringify(kept)).not.toContain(user.account.email);
  });

  it('R62 holds no address, password, token or code', async () => {
    const secret = `canary-${randomBytes(6).toString('hex')}`;
    const email = uniqueEmail();
    const body = { email, password: `${secret}-password`, name: `${secret} name` };
    const registered = await send(service, 'POST', '/auth/register', { body });
    await login({ email, password: `${secret}-wrong`, device_token: `${secret}-device` });
    await send(service, 'POST', '/auth/refresh', { body: { refresh_token: `${secret}-refresh` } });
    await send(service, 'POST', '/auth/activate', { body: { code: `${secret}-code`, password: secret } });
    const rows = JSON.stringify(await database.query('SELECT * FROM audit_events'));
    const { access_token, refresh_token, device_token } = registered.body as Record<string, string>;
    for (const text of [secret, email, access_token, refresh_token, device_token]) {
      expect(rows).not.toContain(text);
      expect(service.output()).not.toContain(text);
    }
  });

  it.each(['audit_events', 'audit_heads'])(
    'I5 answers sign-ins with 503 while %s cannot be written, and validates tokens',
    async (table) => {
      const { account } = await aUser(service);
      const { email, password, token } = account;
      await database.query(`ALTER TABLE ${table} RENAME TO audit_away`);
      try {
        expectProblem(await login({ email, password }), 'service-unavailable');
        expectProblem(await login({ email, password: 'wrong' }), 'service-unavailable');
        const validated = await send(service, 'POST', '/auth/validate', { body: { token } });
        expect(validated.body).toMatchObject({ valid: true });
      } finally {
        await database.query(`ALTER TABLE audit_away RENAME TO ${table}`);
      }
      expect((await login({ email, password })).status).toBe(200);
    },
  );

  describe('of commands of operators', () => {
    const command = (name: string, args: string[], env: Record<string, string> = { AUTH_AUDIT_KEY: KEY }) =>
      run('node', [built(`src/cli/${name}.cli.js`), ...args], {
        NODE_ENV: 'test',
        DATABASE_URL: database.url,
        ...env,
      });

    it('R61 has a row for each act, by the operator, in the chain', async () => {
      const { account } = await aUser(service);
      const { email, id } = account;
      await login({ email, password: 'wrong' });
      const acts: [string, string[], string][] = [
        ['admin', ['grant', '--id', id], 'user.admin.granted'],
        ['admin', ['revoke', '--id', id], 'user.admin.revoked'],
        ['sessions', ['end', '--user', email], 'auth.sessions.ended'],
        ['limits', ['clear', email], 'auth.lockout.cleared'],
      ];
      for (const [name, args, type] of acts) {
        expect(await command(name, args)).toMatchObject({ status: 0 });
        expect(await events(`?type=${type}&target=${id}`)).toMatchObject([
          {
            outcome: 'success',
            actor: { kind: 'operator', id: expect.stringMatching(/./) },
            target: { kind: 'user', id },
            source: { ip: null, user_agent: null },
          },
        ]);
      }
      const made = await command('service-accounts', ['create', 'Of the audit', '--scopes', 'users:read']);
      expect(made.status).toBe(0);
      const target = { kind: 'service-account', id: expect.any(String) };
      expect(await events('?type=service-account.created')).toMatchObject([{ target }]);
      expect(await events('?type=service-key.created')).toMatchObject([{ target }]);
      expect((await verify()).status).toBe(0);
    });

    it('does what it should without the key of the chain, and says that there is no row', async () => {
      const { account } = await aUser(service);
      const ended = await command('admin', ['grant', '--id', account.id], {});
      expect(ended).toMatchObject({
        status: 0,
        output: expect.stringContaining('has no row in the audit log'),
      });
      expect(await events(`?type=user.admin.granted&target=${account.id}`)).toEqual([]);
    });
  });

  it('tells the heads of its streams as a metric, each once', async () => {
    const before = headsOf(await scrape(service));
    expect(before.length).toBeGreaterThan(0);
    const stored = await database.query<{ stream: string; seq: string; mac: string }>(
      `SELECT stream, seq, encode(mac, 'hex') AS mac FROM audit_heads`,
    );
    for (const head of before) expect(stored).toContainEqual(head);
    await aUser(service);
    const after = headsOf(await scrape(service));
    expect(after).not.toEqual(before);
    expect(new Set(after.map(({ stream }) => stream)).size).toBe(after.length);
  });

  /** The labels of `auth_audit_head_info`. */
  function headsOf(metrics: Metrics): { stream: string; seq: string; mac: string }[] {
    return [...metrics.keys()].flatMap((series) => {
      const found = /^auth_audit_head_info\{stream="(.+)",seq="(\d+)",mac="([0-9a-f]{64})"\}$/.exec(series);
      return found ? [{ stream: found[1]!, seq: found[2]!, mac: found[3]! }] : [];
    });
  }

  it('R69 drops months that are older than the retention, whole, and leaves an intact chain', async () => {
    const month = (days: number) =>
      new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 7).replace('-', '');
    const partitions = async () =>
      (
        await database.query<{ name: string }>(
          `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'audit_events'::regclass ORDER BY 1`,
        )
      ).map(({ name }) => name);
    const kept = await partitions();
    for (const days of [300, 500]) {
      const first = `to_date('${month(days)}', 'YYYYMM')`;
      await database.query(`DO $$ BEGIN EXECUTE format(
        'CREATE TABLE audit_events_${month(days)} PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
        ${first} || ' 00:00+00', (${first} + interval '1 month')::date || ' 00:00+00'); END $$`);
    }
    await database.query(
      `WITH event AS (
         INSERT INTO audit_events (id, stream, seq, time, type, outcome, mac)
         VALUES (gen_random_uuid(), gen_random_uuid(), 1, now() - interval '500 days', 'old', 'success', '\\x00')
         RETURNING stream, time, mac)
       INSERT INTO audit_heads SELECT stream, time::date, 1, mac FROM event`,
    );
    expect((await verify()).status).toBe(1);
    expect(await database.query('SELECT days FROM audit_retention')).toEqual([{ days: 365 }]);
    expect(await database.query('SELECT audit_drop_expired() AS dropped')).toEqual([{ dropped: 1 }]);
    expect(await partitions()).toEqual([`audit_events_${month(300)}`, ...kept].sort());
    expect((await verify()).status).toBe(0);
    await database.query(`DROP TABLE audit_events_${month(300)}`);
  });

  it('says at the start what it cannot promise with one role', () => {
    expect(service.output()).toContain('the role of DATABASE_URL may change the audit log');
  });

  describe('npm run audit -- verify', () => {
    it('finds many events at once intact, with exit status 0', async () => {
      await Promise.all(Array.from({ length: 20 }, () => aUser(service)));
      expect(await verify()).toMatchObject({
        status: 0,
        output: expect.stringMatching(/^intact: \d+ events/m),
      });
    });

    it.each([
      ['altered', `UPDATE audit_events SET type = 'auth.logout' WHERE id = $1`],
      ['given another time', `UPDATE audit_events SET time = time + interval '1 ms' WHERE id = $1`],
      ['removed', `DELETE FROM audit_events WHERE id = $1`],
    ])('names the event where one was %s, with exit status 1', async (what, statement) => {
      const [, second, first] = await database.query<{ id: string; stream: string; seq: string }>(
        `SELECT * FROM audit_events WHERE stream IN (SELECT stream FROM audit_events GROUP BY stream HAVING count(*) > 2)
         ORDER BY stream, seq DESC LIMIT 3`,
      );
      const before = await database.query('SELECT * FROM audit_events WHERE id = $1', [second!.id]);
      await database.query('CREATE TABLE IF NOT EXISTS kept AS SELECT * FROM audit_events');
      await database.query(statement, [second!.id]);
      const ended = await verify();
      await database.query('DELETE FROM audit_events WHERE stream = $1', [second!.stream]);
      await database.query('INSERT INTO audit_events SELECT * FROM kept WHERE stream = $1', [second!.stream]);
      await database.query('DROP TABLE kept');
      expect(before).toHaveLength(1);
      expect(first).toBeDefined();
      expect(ended.status).toBe(1);
      if (what !== 'removed') expect(ended.output).toContain(second!.id);
      else expect(ended.output).toMatch(/broken at [0-9a-f-]{36}: events before it are missing/);
      expect((await verify()).status).toBe(0);
    });

    it('notices that the newest events are gone, and a forged one', async () => {
      await database.query('CREATE TABLE kept AS SELECT * FROM audit_events');
      const [last] = await database.query<{ id: string }>(
        'SELECT id FROM audit_events ORDER BY stream, seq DESC LIMIT 1',
      );
      await database.query('DELETE FROM audit_events WHERE id = $1', [last!.id]);
      expect(await verify()).toMatchObject({
        status: 1,
        output: expect.stringContaining('events after it are missing'),
      });
      await database.query('INSERT INTO audit_events SELECT * FROM kept WHERE id = $1', [last!.id]);
      await database.query('DROP TABLE kept');
      expect((await verify()).status).toBe(0);
    });

    it('cannot tell without the key or the database: exit status 1 and 2', async () => {
      expect((await verify({ AUTH_AUDIT_KEY: 'x'.repeat(40) })).status).toBe(1);
      expect(
        (await verify({ AUTH_AUDIT_KEY: KEY, DATABASE_URL: 'postgres://127.0.0.1:1/none' })).status,
      ).toBe(2);
    });
  });

  it('tells the heads at the stop, outside of the database', async () => {
    await service.stop();
    const heads = service.logs().filter(({ msg }) => msg === 'audit head');
    expect(heads.at(-1)).toMatchObject({
      heads: expect.arrayContaining([
        { stream: expect.any(String), seq: expect.any(Number), mac: expect.any(String) },
      ]),
    });
  });
});
