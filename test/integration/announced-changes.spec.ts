import { Client } from 'pg';
import { parseNotice, type Change } from '../../src/changes/change';
import { sendHeartbeat } from '../../src/changes/heartbeat';
import { eventually } from '../support/process/eventually';
import { useDatabase } from '../support/database/test-database';
import { useResource } from '../support/process/use-resource';

/** R18, R96: what the database itself says on the channel when anybody changes what an answer depends on. */
describe('the announcements of the database', () => {
  const database = useDatabase();
  let listener: Client;
  let heard: string[] = [];
  let mark = 0;

  useResource(
    async () => {
      listener = new Client({ connectionString: database.url });
      await listener.connect();
      listener.on('notification', ({ payload = '' }) => heard.push(payload));
      await listener.query('LISTEN promptstack_auth');
    },
    () => listener.end(),
  );

  /** What was heard since the last call: a mark behind it arrives last. */
  async function announced(): Promise<Change[]> {
    const end = JSON.stringify({ kind: 'heartbeat', id: `mark ${++mark}` });
    await database.query('SELECT pg_notify($1, $2)', ['promptstack_auth', end]);
    await eventually('the mark is heard', () => heard.includes(end) || undefined);
    const payloads = heard.slice(0, heard.indexOf(end));
    heard = [];
    return payloads.flatMap((payload) => {
      const notice = parseNotice(payload);
      return 'changes' in notice ? notice.changes : [];
    });
  }

  async function after(sql: string, values: unknown[] = []): Promise<Change[]> {
    await announced();
    await database.query(sql, values);
    return announced();
  }

  async function makeUsers(count = 1): Promise<string[]> {
    const rows = await database.query<{ id: string }>(
      `INSERT INTO users (email, name) SELECT gen_random_uuid() || '@example.com', 'Ada' FROM generate_series(1, $1) RETURNING id`,
      [count],
    );
    return rows.map(({ id }) => id);
  }

  async function makeUser(): Promise<string> {
    const [id = ''] = await makeUsers();
    return id;
  }

  async function makeSessions(userId: string, count = 1): Promise<string[]> {
    const rows = await database.query<{ id: string }>(
      `INSERT INTO sessions (user_id, expires_at, idle_expires_at, current_token_hash)
       SELECT $1, now() + interval '1 day', now() + interval '1 hour', decode(md5(random()::text), 'hex')
       FROM generate_series(1, $2) RETURNING id`,
      [userId, count],
    );
    return rows.map(({ id }) => id);
  }

  const idOf = async (sql: string) => (await database.query<{ id: string }>(sql))[0]?.id ?? '';
  const changed = (userId: string) => ({ kind: 'user-changed', userId });
  const ALL = [{ kind: 'all-changed' }];

  it.each([
    "name = 'Grace'",
    "email = gen_random_uuid() || '@example.com'",
    'email_verified_at = now()',
    "avatar_url = 'https://example.com/a'",
    "role = 'admin'",
    "created_at = created_at - interval '1 day'",
  ])('a user with another %s has changed', async (assignment) => {
    const id = await makeUser();
    expect(await after(`UPDATE users SET ${assignment} WHERE id = $1`, [id])).toEqual([changed(id)]);
  });

  it.each(["password_hash = 'x'", 'last_sign_in_at = now()', 'name = name', 'must_change_password = true'])(
    'nothing is said of %s',
    async (assignment) => {
      const id = await makeUser();
      expect(await after(`UPDATE users SET ${assignment} WHERE id = $1`, [id])).toEqual([]);
    },
  );

  it('a deactivated user has ended, with the time before which nothing is accepted; so has one whose time moves', async () => {
    const id = await makeUser();
    const [end] = await after('UPDATE users SET is_active = false WHERE id = $1', [id]);
    const [row] = await database.query<{ at: string }>(
      `SELECT to_char(tokens_not_before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at FROM users WHERE id = $1`,
      [id],
    );
    expect(end).toEqual({ kind: 'user-ended', userId: id, notBefore: row?.at });
    const moved = await after('UPDATE users SET tokens_not_before = now() WHERE id = $1', [id]);
    expect(moved).toEqual([{ kind: 'user-ended', userId: id, notBefore: expect.stringMatching(/Z$/) }]);
  });

  it('a deleted user has ended, and so have the sessions', async () => {
    const id = await makeUser();
    const [sessionId] = await makeSessions(id);
    const changes = await after('DELETE FROM users WHERE id = $1', [id]);
    expect(changes).toContainEqual({ kind: 'user-ended', userId: id, notBefore: null });
    expect(changes).toContainEqual({ kind: 'session-ended', sessionId });
  });

  it('a session that is ended or deleted has ended; one that is used has not', async () => {
    const id = await makeUser();
    const [first, second] = await makeSessions(id, 2);
    const use = `UPDATE sessions SET idle_expires_at = now() + interval '2 hours', last_used_at = now(), rotated_at = now() WHERE id = $1`;
    expect(await after(use, [first])).toEqual([]);
    expect(await after('UPDATE sessions SET ended_at = now() WHERE id = $1', [first])).toEqual([
      { kind: 'session-ended', sessionId: first },
    ]);
    expect(await after('DELETE FROM sessions WHERE id = $1', [first])).toEqual([]);
    expect(await after('DELETE FROM sessions WHERE id = $1', [second])).toEqual([
      { kind: 'session-ended', sessionId: second },
    ]);
  });

  it.each([
    'token_version = token_version + 1',
    'reauthenticated_at = now()',
    "idle_expires_at = now() + interval '1 minute'",
    "expires_at = now() + interval '1 minute'",
  ])('a session with %s changes its user', async (assignment) => {
    const id = await makeUser();
    const [session] = await makeSessions(id);
    expect(await after(`UPDATE sessions SET ${assignment} WHERE id = $1`, [session])).toEqual([changed(id)]);
  });

  it.each([
    ['team_memberships', 'team_id', 'teams', "role = 'admin'"],
    ['user_domains', 'domain_id', 'domains', undefined],
  ])(
    'a row of %s changes its user when it comes, changes and goes',
    async (table, key, things, assignment) => {
      const [id, other] = [await makeUser(), await makeUser()];
      const thing = await idOf(`SELECT id FROM ${things} LIMIT 1`);
      const insert = `INSERT INTO ${table} (user_id, ${key}) VALUES ($1, $2)`;
      expect(await after(insert, [id, thing])).toEqual([changed(id)]);
      if (assignment !== undefined)
        expect(await after(`UPDATE ${table} SET ${assignment} WHERE user_id = $1`, [id])).toEqual([
          changed(id),
        ]);
      expect(
        await after(`UPDATE ${table} SET given_by_hand = given_by_hand WHERE user_id = $1`, [id]),
      ).toEqual([]);
      const moved = await after(`UPDATE ${table} SET user_id = $2 WHERE user_id = $1`, [id, other]);
      expect(moved).toHaveLength(2);
      expect(moved).toEqual(expect.arrayContaining([changed(id), changed(other)]));
      expect(await after(`DELETE FROM ${table} WHERE user_id = $1`, [other])).toEqual([changed(other)]);
    },
  );

  it('a new user with teams and domains is no news', async () => {
    const sql = `WITH made AS (INSERT INTO users (email, name) VALUES (gen_random_uuid() || '@example.com', 'Ada') RETURNING id)
      INSERT INTO team_memberships (user_id, team_id) SELECT made.id, t.id FROM made, teams t`;
    expect(await after(sql)).toEqual([]);
  });

  it.each([
    `UPDATE teams SET is_active = false WHERE external_ref = 'eng'`,
    `UPDATE teams SET name = 'Other' WHERE external_ref = 'design'`,
    `DELETE FROM teams WHERE name = 'Other'`,
    `UPDATE domains SET is_active = false WHERE key = 'sales'`,
    `INSERT INTO domains (key, name, parent_domain_id) SELECT 'below', 'Below', id FROM domains WHERE key = 'sales'`,
    `UPDATE domains SET parent_domain_id = NULL WHERE key = 'below'`,
    `DELETE FROM domains WHERE key = 'below'`,
    'TRUNCATE ended_provider_tokens',
    'TRUNCATE sessions, used_refresh_tokens',
  ])('everything has changed after %s', async (sql) => {
    expect(await after(sql)).toEqual(expect.arrayContaining(ALL));
  });

  it.each([
    `INSERT INTO teams (name) VALUES ('Alone')`,
    `INSERT INTO domains (key, name) VALUES ('alone', 'Alone')`,
    `UPDATE teams SET name = name`,
  ])('nothing has changed after %s', async (sql) => {
    expect(await after(sql)).toEqual([]);
  });

  it('one statement names up to 1000 users, and beyond says that all have changed', async () => {
    const ids = await makeUsers(1001);
    const update = 'UPDATE users SET name = name || 1 WHERE id = ANY ($1)';
    const named = await after(update, [ids.slice(1)]);
    expect(named).toHaveLength(1000);
    expect(named).toEqual(expect.arrayContaining([changed(ids[1] ?? '')]));
    expect(await after(update, [ids])).toEqual(ALL);
    const mixed = 'UPDATE users SET name = name || 1, is_active = id <> ALL ($2) WHERE id = ANY ($1)';
    expect(await after(mixed, [ids, ids.slice(0, 500)])).toEqual(ALL);
    expect(await after('DELETE FROM users WHERE id = ANY ($1)', [ids])).toEqual(ALL);
  });

  it('signing out with a provider’s token, and linking anew, change the user', async () => {
    const id = await makeUser();
    await database.query(
      `INSERT INTO user_identities (issuer, subject, user_id, claims_issued_at) VALUES ('https://idp.example', $1::text, $1::uuid, now())`,
      [id],
    );
    const end = `INSERT INTO ended_provider_tokens VALUES (decode(md5($1), 'hex'), 'https://idp.example', $1, now(), now())`;
    expect(await after(end, [id])).toEqual([changed(id)]);
    const refuse = 'UPDATE user_identities SET tokens_refused_until = now() WHERE user_id = $1';
    expect(await after(refuse, [id])).toEqual([changed(id)]);
    expect(
      await after('UPDATE user_identities SET claims_issued_at = now() WHERE user_id = $1', [id]),
    ).toEqual([]);
    expect(await after('DELETE FROM user_identities WHERE user_id = $1', [id])).toEqual([changed(id)]);
  });

  it('is said of COPY, MERGE and ON CONFLICT too, also where session_replication_role is replica, with any search_path', async () => {
    const id = await makeUser();
    const merge = `MERGE INTO users u USING (VALUES ($1::uuid)) AS v (id) ON u.id = v.id WHEN MATCHED THEN UPDATE SET name = 'Merged'`;
    expect(await after(merge, [id])).toEqual([changed(id)]);
    const upsert = `INSERT INTO users (id, email, name) VALUES ($1::uuid, $1::uuid || '@example.com', 'x') ON CONFLICT (id) DO UPDATE SET name = 'Put'`;
    expect(await after(upsert, [id])).toEqual([changed(id)]);
    const replica = `SET session_replication_role = replica; SET search_path = pg_catalog; UPDATE public.users SET name = 'Copy' WHERE id = '${id}'`;
    expect(await after(replica)).toEqual([changed(id)]);
  });

  it('R18 service accounts, keys and service tokens: what ends or changes a credential, not a use of it', async () => {
    const SERVICES = [{ kind: 'services-changed' }];
    const account = await idOf(
      `INSERT INTO service_accounts (name, scopes) VALUES (gen_random_uuid()::text, '{users:read}') RETURNING id`,
    );
    const makeKey = () =>
      idOf(
        `INSERT INTO service_keys (id, account_id, secret_hash) VALUES (gen_random_uuid(), '${account}', '\\x00') RETURNING id`,
      );
    const key = await makeKey();
    expect(await after('UPDATE service_keys SET last_used_at = now() WHERE id = $1', [key])).toEqual([]);
    expect(await after('DELETE FROM service_keys WHERE false')).toEqual([]);
    expect(await after('UPDATE service_keys SET expires_at = now() WHERE id = $1', [key])).toEqual(SERVICES);
    for (const change of [`scopes = '{}'`, `name = gen_random_uuid()::text`])
      expect(await after(`UPDATE service_accounts SET ${change} WHERE id = $1`, [account])).toEqual(SERVICES);
    expect(await after('DELETE FROM service_keys WHERE id = $1', [key])).toEqual(SERVICES);
    expect(
      await after(`INSERT INTO ended_service_tokens (id, expires_at) VALUES (gen_random_uuid(), now())`),
    ).toEqual(SERVICES);
    await makeKey();
    expect(await after('DELETE FROM service_accounts WHERE id = $1', [account])).toEqual(SERVICES); // one text, said once
    const owner = await makeUser();
    await database.query(
      `INSERT INTO service_accounts (id, name, scopes, owner_id) VALUES ('${owner}', '${owner}', '{}', '${owner}')`,
    );
    await database.query(
      `INSERT INTO service_keys (id, account_id, secret_hash) VALUES ('${owner}', '${owner}', '\\x00')`,
    );
    expect(await after('UPDATE users SET is_active = false WHERE id = $1', [owner])).toContainEqual(
      SERVICES[0],
    );
  });

  it('a transaction that is rolled back says nothing', async () => {
    const id = await makeUser();
    expect(await after(`BEGIN; UPDATE users SET name = 'Not' WHERE id = '${id}'; ROLLBACK`)).toEqual([]);
  });

  describe('seen by a heartbeat', () => {
    const beat = () => sendHeartbeat('beat', { url: database.url, limitMs: 5000 });

    it('the triggers fire; also as they are after ENABLE TRIGGER ALL', async () => {
      expect(await beat()).toMatchObject({ triggersFire: true, takesNoWrites: false });
      await database.query('ALTER TABLE users DISABLE TRIGGER ALL');
      expect(await beat()).toMatchObject({ triggersFire: false });
      await database.query('ALTER TABLE users ENABLE TRIGGER ALL');
      expect(await beat()).toMatchObject({ triggersFire: true });
    });

    it('triggers that were off for a moment, within one transaction, have another version', async () => {
      const before = (await beat()).triggerVersion;
      expect((await beat()).triggerVersion).toBe(before);
      await database.query(
        'BEGIN; ALTER TABLE users DISABLE TRIGGER ALL; ALTER TABLE users ENABLE TRIGGER ALL; COMMIT',
      );
      expect((await beat()).triggerVersion).not.toBe(before);
    });

    it('a trigger that is gone is missed', async () => {
      await database.query('DROP TRIGGER tr_teams_announce_update ON teams');
      expect(await beat()).toMatchObject({ triggersFire: false });
    });
  });
});
