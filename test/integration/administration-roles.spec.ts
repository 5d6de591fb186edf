import { prepareDatabase } from '../../src/database/migrate';
import { createFirstReleaseDatabase } from '../support/database/first-release';
import { ISOLATION_LEVELS, Rivals, type Act } from '../support/database/rounds';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const ROUNDS = 200;
const LAST_ADMIN = { code: '23514', constraint: 'ck_last_admin' };
const LAST_OWNER = { code: '23514', constraint: 'ck_last_owner' };

/** Users, each named by the first part of the address. */
const IDS = `(SELECT id FROM users WHERE email = '%s@example.com')`;
const idOf = (name: string) => IDS.replace('%s', name);
const TEAM = `(SELECT id FROM teams WHERE name = 'Design')`;

const demoteAdmin = (name: string) => `UPDATE users SET role = 'user' WHERE id = ${idOf(name)}`;
const switchOff = (name: string) => `UPDATE users SET is_active = false WHERE id = ${idOf(name)}`;
const remove = (name: string) => `DELETE FROM users WHERE id = ${idOf(name)}`;
const membership = (name: string) => `user_id = ${idOf(name)} AND team_id = ${TEAM}`;
const setRole = (name: string, role: string | null) =>
  `UPDATE team_memberships SET role = ${role === null ? 'NULL' : `'${role}'`} WHERE ${membership(name)}`;
const leave = (name: string) => `DELETE FROM team_memberships WHERE ${membership(name)}`;

describe('the last administrator and the last owner of a team', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
  });

  afterEach(() => database.drop());

  async function make(...names: string[]): Promise<void> {
    for (const name of names)
      await database.query(`INSERT INTO users (email, name) VALUES ($1 || '@example.com', $1)`, [name]);
  }
  async function makeAdmins(...names: string[]): Promise<void> {
    await make(...names);
    await database.query(`UPDATE users SET role = 'admin' WHERE name = ANY ($1)`, [names]);
  }
  async function makeOwners(...names: string[]): Promise<void> {
    await make(...names);
    for (const name of names)
      await database.query(
        `INSERT INTO team_memberships (user_id, team_id, role) VALUES (${idOf(name)}, ${TEAM}, 'owner')`,
      );
  }
  const run = (sql: string) => database.query(sql);

  it('R45: nobody is an administrator by himself, and no role has another name', async () => {
    await make('ada');
    expect(await database.query('SELECT role FROM users')).toEqual([{ role: 'user' }]);
    await expect(run(`UPDATE users SET role = 'root'`)).rejects.toMatchObject({
      constraint: 'ck_users_role',
    });
    await run(`INSERT INTO team_memberships (user_id, team_id) VALUES (${idOf('ada')}, ${TEAM})`);
    await expect(run(setRole('ada', 'lead'))).rejects.toMatchObject({
      constraint: 'ck_team_memberships_role',
    });
  });

  it.each([
    ['demoted', demoteAdmin],
    ['switched off', switchOff],
    ['deleted', remove],
  ])('the last active administrator is not %s, one of two is', async (_what, act) => {
    await makeAdmins('ada', 'bob', 'eve');
    await run(switchOff('eve'));
    await run(act('ada'));
    await expect(run(act('bob'))).rejects.toMatchObject(LAST_ADMIN);
    await expect(run(`DELETE FROM users`)).rejects.toMatchObject(LAST_ADMIN);
    await run(act('eve')); // who did not count
  });

  it.each([`UPDATE users SET role = 'user'`, `UPDATE users SET is_active = false`, 'DELETE FROM users'])(
    'the last two do not go together: %s',
    async (sql) => {
      await makeAdmins('ada', 'bob');
      await expect(run(sql)).rejects.toMatchObject(LAST_ADMIN);
    },
  );

  it.each([
    ['demoted', (name: string) => setRole(name, 'admin')],
    ['left without a role', (name: string) => setRole(name, null)],
    ['removed from the team', leave],
    ['switched off', switchOff],
    ['deleted', remove],
    [
      'moved to another team',
      (name: string) =>
        `UPDATE team_memberships SET team_id = (SELECT id FROM teams WHERE name = 'Product') WHERE ${membership(name)}`,
    ],
    [
      'replaced by a member who is switched off',
      (name: string) =>
        `UPDATE team_memberships SET user_id = ${idOf(`off-${name}`)} WHERE ${membership(name)}`,
    ],
    [
      'left to a provider alone',
      (name: string) =>
        `UPDATE team_memberships SET given_by_hand = false, provider_issuers = '{https://idp.example}' WHERE ${membership(name)}`,
    ],
  ])('the last active owner is not %s, one of two is', async (_what, act) => {
    await makeOwners('ada', 'bob', 'eve');
    await make('off-ada', 'off-bob');
    for (const name of ['eve', 'off-ada', 'off-bob']) await run(switchOff(name));
    await run(act('ada'));
    await expect(run(act('bob'))).rejects.toMatchObject(LAST_OWNER);
    const [row] = await database.query(
      `SELECT m.role, is_active FROM team_memberships m JOIN users u ON u.id = m.user_id WHERE ${membership('bob')}`,
    );
    expect(row).toEqual({ role: 'owner', is_active: true });
  });

  it('R85: the removal of a hand where a provider gives the membership too takes the role, unless it is the last owner', async () => {
    await makeOwners('ada', 'bob');
    await run(`UPDATE team_memberships SET provider_issuers = '{https://idp.example}'`);
    await run(leave('ada'));
    await expect(run(leave('bob'))).rejects.toMatchObject(LAST_OWNER);
    expect(
      await database.query(
        `SELECT name, m.role FROM team_memberships m JOIN users ON users.id = user_id ORDER BY 1`,
      ),
    ).toEqual([
      { name: 'ada', role: null },
      { name: 'bob', role: 'owner' },
    ]);
  });

  it('a team that has no active owner needs none, and one that goes neither', async () => {
    await makeOwners('ada', 'bob');
    await run(setRole('ada', null));
    await expect(run(switchOff('bob'))).rejects.toMatchObject(LAST_OWNER);
    await run(`ALTER TABLE users DISABLE TRIGGER tr_users_last_roles_changed`); // as a restore leaves it
    await run(switchOff('bob'));
    await run(`ALTER TABLE users ENABLE TRIGGER tr_users_last_roles_changed`);
    await run(remove('bob'));
    await run(`UPDATE team_memberships SET role = 'owner' WHERE ${membership('ada')}`);
    await run(`DELETE FROM teams WHERE id = ${TEAM}`);
    await run(remove('ada'));
  });

  it('a hand-over is done in one statement, or the new owner first', async () => {
    await makeOwners('ada');
    await make('bob');
    await run(`INSERT INTO team_memberships (user_id, team_id) VALUES (${idOf('bob')}, ${TEAM})`);
    await run(
      `UPDATE team_memberships SET role = CASE WHEN role IS NULL THEN 'owner' END WHERE team_id = ${TEAM}`,
    );
    await run(setRole('ada', 'owner'));
    await run(setRole('bob', null));
  });

  describe('of two at once', () => {
    let rivals: Rivals;

    beforeEach(async () => {
      rivals = await Rivals.of(database);
    });

    afterEach(() => rivals.end());

    const ADMINS: [string, Act, Act][] = [
      ['two demotions', [demoteAdmin('ada')], [demoteAdmin('bob')]],
      ['a demotion and a deactivation', [demoteAdmin('ada')], [switchOff('bob')]],
      ['a deactivation and a deletion', [switchOff('ada')], [remove('bob')]],
      ['two deletions', [remove('ada')], [remove('bob')]],
    ];
    const OWNERS: [string, Act, Act][] = [
      ['two demotions', [setRole('ada', 'member')], [setRole('bob', null)]],
      ['a demotion and a removal', [setRole('ada', null)], [leave('bob')]],
      ['a removal and a deactivation', [leave('ada')], [switchOff('bob')]],
      ['a deactivation and a deletion', [switchOff('ada')], [remove('bob')]],
      ['two deletions', [remove('ada')], [remove('bob')]],
    ];

    describe.each(ISOLATION_LEVELS)('%s', (level) => {
      const refusals = level === 'READ COMMITTED' ? ['23514'] : ['23514', '40001'];
      const code = (error: Error | undefined) => (error as { code?: string } | undefined)?.code;

      it.each(ADMINS)('%s of administrators: the second is refused', async (_what, first, second) => {
        await makeAdmins('ada', 'bob');
        expect(refusals).toContain(code(await rivals.overtake(level, [first, second])));
        expect(await database.query(`SELECT FROM users WHERE role = 'admin' AND is_active`)).toHaveLength(1);
      });

      it.each(OWNERS)('%s of owners: the second is refused', async (_what, first, second) => {
        await makeOwners('ada', 'bob');
        expect(refusals).toContain(code(await rivals.overtake(level, [first, second])));
        expect(await activeOwners()).toHaveLength(1);
      });

      it('an owner appoints somebody who is being switched off, and steps down: one of them is refused', async () => {
        await makeOwners('ada');
        await make('bob');
        await run(`INSERT INTO team_memberships (user_id, team_id) VALUES (${idOf('bob')}, ${TEAM})`);
        const handOver = [setRole('bob', 'owner'), setRole('ada', null)];
        expect(refusals).toContain(code(await rivals.overtake(level, [handOver, [switchOff('bob')]])));
        expect(await activeOwners()).toHaveLength(1);
        await run(setRole('ada', 'owner'));
        await run(setRole('bob', null));
        expect(refusals).toContain(code(await rivals.overtake(level, [[switchOff('bob')], handOver])));
        expect(await activeOwners()).toHaveLength(1);
      });
    });

    const activeOwners = () =>
      database.query(
        `SELECT FROM team_memberships m JOIN users u ON u.id = m.user_id
         WHERE m.team_id = ${TEAM} AND m.role = 'owner' AND u.is_active`,
      );

    it(`${ROUNDS} rounds of demotions, deactivations and removals leave an administrator and an owner each time`, async () => {
      await makeOwners('ada', 'bob');
      const restore = async () => {
        await run(
          `INSERT INTO users (email, name) VALUES ('ada@example.com', 'ada'), ('bob@example.com', 'bob') ON CONFLICT DO NOTHING`,
        );
        await run(`UPDATE users SET role = 'admin', is_active = true`);
        await run(`INSERT INTO team_memberships (user_id, team_id, role) SELECT id, ${TEAM}, 'owner' FROM users
          ON CONFLICT (user_id, team_id) DO UPDATE SET role = 'owner'`);
      };
      const acts = [demoteAdmin, switchOff, remove, leave, (name: string) => setRole(name, null)];
      const codes = new Set<string | undefined>();
      let refused = 0;
      for (let round = 0; round < ROUNDS; round++) {
        await restore();
        const [one, other] = [
          acts[round % acts.length]!,
          acts[Math.floor(round / acts.length) % acts.length]!,
        ];
        const outcomes = await rivals.race('READ COMMITTED', [[one('ada')], [other('bob')]]);
        const [left] = await database.query<{ admins: number; owners: number }>(
          `SELECT (SELECT count(*)::int FROM users WHERE role = 'admin' AND is_active) AS admins,
             (SELECT count(*)::int FROM team_memberships m JOIN users u ON u.id = m.user_id
              WHERE m.team_id = ${TEAM} AND m.role = 'owner' AND u.is_active) AS owners`,
        );
        expect(left?.admins).toBeGreaterThan(0);
        expect(left?.owners).toBeGreaterThan(0);
        const errors = outcomes.filter((error) => error !== undefined) as (Error & { code?: string })[];
        for (const error of errors) codes.add(error.code);
        refused += errors.length;
      }
      expect([...codes]).toEqual(['23514']); // no deadlock, no failure of another kind
      expect(refused).toBeGreaterThan(ROUNDS / 4);
    });
  });
});

describe('the roles that version 1.0.0 left', () => {
  it('keep their meaning where they have one, in any letter case, and are none else', async () => {
    const database = await createFirstReleaseDatabase();
    const ROLES = ['owner', 'Owner', ' ADMIN\t', 'member', 'lead', '', 'ОWNER', null]; // the last but one has a Cyrillic letter
    try {
      for (const [n, role] of ROLES.entries())
        await database.query(
          `WITH u AS (INSERT INTO users (email, name) VALUES ($1 || '@example.com', $1) RETURNING id),
             t AS (INSERT INTO teams (name) VALUES ($1) RETURNING id)
           INSERT INTO team_memberships (user_id, team_id, role) SELECT u.id, t.id, $2 FROM u, t`,
          [String(n), role],
        );
      await prepareDatabase(database.url);
      const rows = await database.query<{ role: string | null; joined_at: Date | null }>(
        `SELECT m.role, joined_at FROM team_memberships m JOIN users u ON u.id = m.user_id ORDER BY u.name`,
      );
      expect(rows.map(({ role }) => role)).toEqual([
        'owner',
        'owner',
        'admin',
        'member',
        null,
        null,
        null,
        null,
      ]);
      expect(new Set(rows.map((row) => row.joined_at))).toEqual(new Set([null]));
      const users = await database.query<{ role: string; updated: boolean }>(
        `SELECT role, updated_at >= created_at AS updated FROM users`,
      );
      expect(new Set(users.map((row) => JSON.stringify(row)))).toEqual(
        new Set(['{"role":"user","updated":true}']),
      );
    } finally {
      await database.drop();
    }
  });
});

describe('when a user changed', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.query(`INSERT INTO users (email, name) VALUES ('ada@example.com', 'Ada')`);
  });

  afterAll(() => database.drop());

  const stamp = async () =>
    (await database.query<{ at: string }>('SELECT updated_at::text AS at FROM users'))[0]?.at ?? '';

  it.each([
    `email = 'ada@example.org'`,
    `name = 'Ada King'`,
    `avatar_url = 'https://x.example/a.png'`,
    `role = 'admin'`,
    'email_verified_at = now()',
    `password_hash = 'x'`,
    'is_active = NOT is_active, role = DEFAULT',
  ])('moves with %s', async (change) => {
    const before = await stamp();
    await database.query(
      `INSERT INTO users (email, name, role) VALUES ('other@example.com', 'x', 'admin') ON CONFLICT DO NOTHING`,
    );
    await database.query(`UPDATE users SET ${change} WHERE email LIKE 'ada@%'`);
    const [row] = await database.query<{ later: boolean }>(
      `SELECT updated_at > $1::timestamptz AS later FROM users WHERE email LIKE 'ada@%'`,
      [before],
    );
    expect(row).toEqual({ later: true });
  });

  it.each([`password_hash = 'y'`, 'last_sign_in_at = now()', 'tokens_not_before = now()', `name = name`])(
    'stays with %s',
    async (change) => {
      const before = await database.query('SELECT updated_at::text FROM users ORDER BY email');
      await database.query(`UPDATE users SET ${change} WHERE email LIKE 'ada@%'`);
      expect(await database.query('SELECT updated_at::text FROM users ORDER BY email')).toEqual(before);
    },
  );

  it('is later than before also in one transaction, and where the clock went back', async () => {
    await database.query(`UPDATE users SET updated_at = now() + interval '1 hour' WHERE email LIKE 'ada@%'`);
    const [row] = await database.query<{ later: boolean }>(
      `WITH before AS (SELECT updated_at FROM users WHERE email LIKE 'ada@%')
       UPDATE users SET name = 'Later' FROM before WHERE email LIKE 'ada@%' RETURNING users.updated_at > before.updated_at AS later`,
    );
    expect(row).toEqual({ later: true });
  });
});
