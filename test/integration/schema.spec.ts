import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { migrations } from '../../migrations';
import { ENTITIES } from '../../src/entities';
import { migrationDataSourceOptions } from '../../src/database/data-source-options';
import { User } from '../../src/users/user.entity';
import { eventually } from '../support/process/eventually';
import { createTestDatabase, type TestDatabase, useDatabase } from '../support/database/test-database';

/** Everything that a migration can make, in one comparable value. */
const SCHEMA = `
  SELECT json_build_object(
    'columns', (SELECT json_agg(c ORDER BY c) FROM (
      SELECT format('%s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default) AS c
      FROM information_schema.columns WHERE table_schema = 'public') AS columns),
    'constraints', (SELECT json_agg(c ORDER BY c) FROM (
      SELECT format('%s: %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS c
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace) AS constraints),
    'indexes', (SELECT json_agg(indexdef ORDER BY indexdef) FROM pg_indexes WHERE schemaname = 'public'),
    'triggers', (SELECT json_agg(t ORDER BY t) FROM (
      SELECT pg_get_triggerdef(oid) AS t FROM pg_trigger WHERE NOT tgisinternal) AS triggers),
    'functions', (SELECT json_agg(f ORDER BY f) FROM (
      SELECT pg_get_functiondef(oid) AS f FROM pg_proc WHERE pronamespace = 'public'::regnamespace) AS functions)
  )::text AS schema`;

describe('migrations', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true });
    source = await new DataSource(migrationDataSourceOptions(database.url)).initialize();
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  const schema = async () => (await database.query<{ schema: string }>(SCHEMA))[0]?.schema;
  const tables = () => database.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);

  it('run on an empty database, leave nothing behind when all are undone, and run again to the same schema', async () => {
    const ran = await source.runMigrations();
    expect(ran.map(({ name }) => name)).toEqual(migrations.map((migration) => new migration().name));
    const first = await schema();

    for (const _ of migrations) await source.undoLastMigration();
    expect(await tables()).toEqual([{ tablename: 'migrations' }]);
    const [left] = await database.query(
      `SELECT count(*)::int AS functions FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
    );
    expect(left).toEqual({ functions: 0 });

    await source.runMigrations();
    expect(await schema()).toBe(first);
  });

  it('run only what is pending', async () => {
    await source.runMigrations();
    expect(await source.runMigrations()).toEqual([]);
  });

  it('are listed in the order of their times, each once', () => {
    const names = migrations.map((migration) => new migration().name);
    const times = names.map((name) => Number(/\d{13}$/.exec(name)?.[0]));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
  });
});

describe('the schema', () => {
  const database = useDatabase();

  const column = (name: string, type: string, nullable: boolean, fallback: string | null = null) => ({
    name,
    type,
    nullable,
    fallback,
  });
  const id = column('id', 'uuid', false, 'gen_random_uuid()');

  it.each([
    [
      'users',
      [
        id,
        column('email', 'text', false),
        column('name', 'text', false),
        column('password_hash', 'text', true),
        column('avatar_url', 'text', true),
        column('is_active', 'boolean', false, 'true'),
        column('created_at', 'timestamp with time zone', false, 'now()'),
      ],
    ],
    [
      'teams',
      [
        id,
        column('name', 'text', false),
        column('external_ref', 'text', true),
        column('is_active', 'boolean', false, 'true'),
      ],
    ],
    [
      'team_memberships',
      [id, column('user_id', 'uuid', false), column('team_id', 'uuid', false), column('role', 'text', true)],
    ],
    [
      'domains',
      [
        id,
        column('key', 'text', false),
        column('name', 'text', false),
        column('parent_domain_id', 'uuid', true),
        column('is_active', 'boolean', false, 'true'),
      ],
    ],
    ['user_domains', [id, column('user_id', 'uuid', false), column('domain_id', 'uuid', false)]],
  ])('has the columns of %s', async (table, expected) => {
    const columns = await database.query(
      `SELECT column_name AS name, data_type AS type, is_nullable = 'YES' AS nullable, column_default AS fallback
       FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`,
      [table],
    );
    expect(columns).toEqual(expect.arrayContaining(expected));
  });

  it('names every constraint, index and trigger of ours by its kind', async () => {
    const rows = await database.query<{ kind: string; name: string }>(`
      SELECT contype::text AS kind, conname::text AS name FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid::regclass::text <> 'migrations'
        AND NOT EXISTS (SELECT FROM pg_class WHERE oid = conrelid AND relispartition)
      UNION ALL
      SELECT CASE WHEN indisunique AND indexrelid::regclass::text LIKE 'uq\\_%' THEN 'u' ELSE 'index' END, indexrelid::regclass::text FROM pg_index
      WHERE indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname <> 'migrations' AND NOT relispartition)
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
      UNION ALL
      SELECT 'trigger', tgname::text FROM pg_trigger WHERE NOT tgisinternal`);
    const prefixes: Record<string, string> = {
      p: 'pk_',
      u: 'uq_',
      f: 'fk_',
      c: 'ck_',
      index: 'ix_',
      trigger: 'tr_',
    };
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'pk_users',
        'uq_users_email',
        'ck_users_email_normalised',
        'uq_team_memberships_user_id_team_id',
        'uq_user_domains_user_id_domain_id',
        'fk_domains_parent_domain_id',
        'ix_team_memberships_team_id',
        'tr_domains_tree_moves',
      ]),
    );
    expect(rows.filter(({ kind, name }) => !name.startsWith(prefixes[kind] ?? '?'))).toEqual([]);
  });

  it('pins the search path of every function to its own schema, unless its body was read at its creation: pinSearchPath() of migrations/ does it', async () => {
    const functions = await database.query<{ function: string; settings: string[] | null }>(`
      SELECT oid::regprocedure::text AS function, proconfig AS settings FROM pg_proc
      WHERE pronamespace = 'public'::regnamespace AND prosqlbody IS NULL
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')`);
    expect(functions.length).toBeGreaterThan(0);
    expect(functions).toEqual(
      functions.map(({ function: name }) => ({
        function: name,
        settings: expect.arrayContaining(['search_path=public, pg_temp']) as string[],
      })),
    );
  });

  it('pairs the rows before and after a statement in no nested loop: a plan made for one row stays for thousands', async () => {
    const functions = await database.query(
      `SELECT proname AS function FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace AND prosrc ~ 'old_rows.*JOIN new_rows'
         AND NOT coalesce(proconfig, '{}') @> '{enable_nestloop=off}'`,
    );
    expect(functions).toEqual([]);
  });

  it('runs its triggers for a session with a foreign search path, and for temporary tables of the same names', async () => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query(`CREATE TEMPORARY TABLE domains (id uuid, parent_domain_id uuid)`);
      await client.query(`SET search_path = ''`);
      const { rows } = await client.query<{ id: string }>(
        `INSERT INTO public.domains (key, name) VALUES ('above', 'Above'), ('below', 'Below') RETURNING id`,
      );
      const move = `UPDATE public.domains SET parent_domain_id = $2 WHERE id = $1`;
      const [above, below] = rows.map(({ id }) => id);
      await client.query(move, [below, above]);
      await expect(client.query(move, [above, below])).rejects.toMatchObject({
        constraint: 'ck_domains_no_cycle',
      });
    } finally {
      await client.end();
    }
  });

  it('has an index that begins with the columns of each foreign key', async () => {
    const keys = await database.query<{ name: string; indexed: boolean }>(`
      SELECT conname AS name, EXISTS (
        SELECT FROM pg_index WHERE indrelid = conrelid AND indpred IS NULL
          AND (indkey::int2[])[0:cardinality(conkey) - 1] = conkey
      ) AS indexed
      FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`);
    expect(keys.length).toBeGreaterThanOrEqual(5);
    expect(keys.filter(({ indexed }) => !indexed)).toEqual([]);
  });

  it('knows an address once, and only in its normal form', async () => {
    await database.query(`INSERT INTO users (email, name) VALUES ('once@example.com', 'x')`);
    await expect(
      database.query(`INSERT INTO users (email, name) VALUES ('once@example.com', 'y')`),
    ).rejects.toMatchObject({ code: '23505', constraint: 'uq_users_email' });
    await expect(
      database.query(`INSERT INTO users (email, name) VALUES ('Once@example.com', 'y')`),
    ).rejects.toMatchObject({ code: '23514', constraint: 'ck_users_email_normalised' });
  });

  it('forgets memberships and assignments with the person, the team or the domain', async () => {
    const ids = async (sql: string) => (await database.query<{ id: string }>(sql)).map((row) => row.id);
    const [ada, bob] = await ids(
      `INSERT INTO users (email, name) VALUES ('ada@x.org', 'a'), ('bob@x.org', 'b') RETURNING id`,
    );
    const [team] = await ids(`INSERT INTO teams (name) VALUES ('short-lived') RETURNING id`);
    const [domain] = await ids(
      `INSERT INTO domains (key, name) VALUES ('short-lived', 'Short-lived') RETURNING id`,
    );
    await database.query(`INSERT INTO team_memberships (user_id, team_id) VALUES ($1, $3), ($2, $3)`, [
      ada,
      bob,
      team,
    ]);
    await database.query(`INSERT INTO user_domains (user_id, domain_id) VALUES ($1, $3), ($2, $3)`, [
      ada,
      bob,
      domain,
    ]);
    const left = async () => [
      await ids(`SELECT user_id AS id FROM team_memberships WHERE user_id IN ('${ada}', '${bob}')`),
      await ids(`SELECT user_id AS id FROM user_domains WHERE user_id IN ('${ada}', '${bob}')`),
    ];
    expect((await left()).map(({ length }) => length)).toEqual([2, 2]);
    await database.query(`DELETE FROM users WHERE id = $1`, [ada]);
    expect(await left()).toEqual([[bob], [bob]]);
    await database.query(`DELETE FROM teams WHERE id = $1`, [team]);
    await database.query(`DELETE FROM domains WHERE id = $1`, [domain]);
    expect(await left()).toEqual([[], []]);
  });

  it('keeps a domain that has children', async () => {
    const [parent] = await database.query<{ id: string }>(
      `INSERT INTO domains (key, name) VALUES ('parent', 'Parent') RETURNING id`,
    );
    await database.query(`INSERT INTO domains (key, name, parent_domain_id) VALUES ('child', 'Child', $1)`, [
      parent?.id,
    ]);
    await expect(database.query(`DELETE FROM domains WHERE key = 'parent'`)).rejects.toMatchObject({
      code: expect.stringMatching(/^23(001|503)$/), // restrict_violation since PostgreSQL 18, before that foreign_key_violation
      constraint: 'fk_domains_parent_domain_id',
    });
  });
});

describe('the tree of domains', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.query(`INSERT INTO domains (key, name) VALUES ('a', 'A'), ('b', 'B'), ('c', 'C')`);
  });

  afterEach(() => database.drop());

  const MOVE = `UPDATE domains SET parent_domain_id = (SELECT id FROM domains WHERE key = $2) WHERE key = $1`;
  const move = (child: string, parent: string) => database.query(MOVE, [child, parent]);
  const refused = { code: '23514' };

  it('refuses a domain below itself', async () => {
    await expect(move('a', 'a')).rejects.toMatchObject(refused);
  });

  it('refuses a domain below its child, and below the child of its child', async () => {
    await move('b', 'a');
    await move('c', 'b');
    for (const descendant of ['b', 'c']) {
      await expect(move('a', descendant)).rejects.toMatchObject({
        ...refused,
        constraint: 'ck_domains_no_cycle',
      });
    }
  });

  it('lets a branch move elsewhere', async () => {
    await move('b', 'a');
    await move('c', 'b');
    await move('c', 'a');
    await move('b', 'c');
    const [b] = await database.query(
      `SELECT p.key FROM domains d JOIN domains p ON p.id = d.parent_domain_id WHERE d.key = 'b'`,
    );
    expect(b).toEqual({ key: 'c' });
  });

  it('refuses the second of two transactions that would make a cycle together', async () => {
    const first = new Client({ connectionString: database.url });
    const second = new Client({ connectionString: database.url });
    await Promise.all([first.connect(), second.connect()]);
    try {
      await first.query('BEGIN');
      await second.query('BEGIN');
      await first.query(MOVE, ['a', 'b']);
      const late = second.query(MOVE, ['b', 'a']).then(
        () => 'moved',
        (error: unknown) => error,
      );
      await eventually('the second transaction waits', async () => {
        const waiting = await database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`,
        );
        return waiting.length > 0 || undefined;
      });
      await first.query('COMMIT');
      expect(await late).toMatchObject({ ...refused, constraint: 'ck_domains_no_cycle' });
    } finally {
      await Promise.all([first.end(), second.end()]);
    }
  });

  it('stays a tree when many transactions try to make a cycle at once', async () => {
    const moves = [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ] as const;
    const outcomes = await Promise.allSettled(moves.map(([child, parent]) => move(child, parent)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });
});

describe('TypeORM', () => {
  it('refuses to look for a row by nothing: it would find the first one', async () => {
    const database = await createTestDatabase();
    const source = await new DataSource({
      ...migrationDataSourceOptions(database.url),
      entities: ENTITIES,
    }).initialize();
    try {
      await source.manager.insert(User, { email: 'first@example.com', name: 'First' });
      for (const nothing of [undefined, null]) {
        const where = { id: nothing as unknown as string };
        await expect(source.manager.findOneBy(User, where)).rejects.toThrow(/where/i);
        await expect(source.manager.findOne(User, { where })).rejects.toThrow(/where/i);
      }
      await expect(source.manager.delete(User, {})).rejects.toThrow(/criteria/i);
    } finally {
      await source.destroy();
      await database.drop();
    }
  });
});
