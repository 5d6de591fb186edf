import type { DataSource } from 'typeorm';
import type { Database } from '../../src/database/database';
import { ManagedUsersReader } from '../../src/identity/managed-users.reader';
import {
  userListStatement,
  type UserListQuery,
  type UserOrder,
} from '../../src/identity/user-list-statement';
import { openServiceDatabase } from '../support/database/service-database';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

/** More than the statement reads and sorts, so that each of its ways is taken. */
const USERS = 4_500;
const LIMIT = 200;
/** What the statement may look at, however many users there are: the candidates of each index, and a page. */
const MOST_ROWS = 40_000;

interface Row {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly created_at: string;
  readonly is_active: boolean;
  readonly role: string;
  readonly in_team: boolean;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly PlanNode[];
}

describe('pages of users', () => {
  let database: TestDatabase;
  let source: DataSource;
  let service: Database;
  let reader: ManagedUsersReader;
  let rows: Row[];
  let teamId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    ({ source, service } = await openServiceDatabase(database.url));
    reader = new ManagedUsersReader(service);
    // Addresses and times go against each other; of the names one is at most users', and one at few.
    await database.query(
      `INSERT INTO users (email, name, created_at, is_active, role)
       SELECT CASE WHEN n % 2 = 0 THEN 'anna' ELSE 'user' END || n * 7919 % 100003 || '@example.com',
         (ARRAY['Ada', 'ÉMILE', 'Ołena', 'Straße', 'ΟΔΥΣΣΕΎΣ', 'Юлия'])[1 + n % 6] || ' ' ||
           CASE WHEN n % 41 = 0 THEN E'\u00a0 ' ELSE '' END || CASE WHEN n % 4 > 0 THEN 'Lovelace' ELSE 'O''Neil ' || n END || CASE WHEN n % 500 = 0 THEN ' a b c d e f last' ELSE '' END,
         timestamptz '2026-01-01' + n % 97 * interval '1 microsecond', n % 300 <> 0, CASE WHEN n % 1000 = 1 THEN 'admin' ELSE 'user' END
       FROM generate_series(1, ${USERS}) n`,
    );
    const [team] = await database.query<{ id: string }>(
      `INSERT INTO teams (name) VALUES ('Few') RETURNING id`,
    );
    teamId = team?.id ?? '';
    await database.query(
      `INSERT INTO team_memberships (team_id, user_id)
       SELECT $1, id FROM (SELECT id, row_number() OVER (ORDER BY email) AS n FROM users) u WHERE n % 40 = 0`,
      [teamId],
    );
    await database.query('VACUUM ANALYZE');
    rows = await database.query<Row>(
      `SELECT id, email, name, created_at::text, is_active, role,
         EXISTS (SELECT FROM team_memberships m WHERE m.user_id = u.id) AS in_team FROM users u`,
    );
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  /** Without case, for the names of this test: what toLowerCase() leaves apart is put together. */
  const fold = (text: string) => text.toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ');
  const byCodePoint = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));
  const KEYS: Readonly<Record<UserOrder, (row: Row) => string>> = {
    email: ({ email }) => email,
    name: ({ name }) => fold(name),
    created_at: (row) => row.created_at.padEnd(30, '0'),
    '-created_at': (row) => row.created_at.padEnd(30, '0'),
  };

  /** What the list must hold, found without the database. */
  function expected({
    search,
    teamId: team,
    isActive,
    role,
    order,
  }: Omit<UserListQuery, 'after' | 'limit'>): string[] {
    const start = search === undefined ? '' : fold(search);
    const keyOf = KEYS[order];
    const sign = order === '-created_at' ? -1 : 1;
    return rows
      .filter(
        ({ email, name }) =>
          email.startsWith(start) || ` ${fold(name).replaceAll(/\s+/g, ' ')}`.includes(` ${start}`),
      )
      .filter(
        (row) =>
          (team === undefined || row.in_team) && (isActive === undefined || row.is_active === isActive),
      )
      .filter((row) => role === undefined || row.role === role)
      .sort((one, other) => sign * (byCodePoint(keyOf(one), keyOf(other)) || byCodePoint(one.id, other.id)))
      .map(({ id }) => id);
  }

  async function whole(query: Omit<UserListQuery, 'after' | 'limit'>): Promise<string[]> {
    const found: string[] = [];
    for (let after: UserListQuery['after']; ;) {
      const page = await reader.list({ ...query, after, limit: LIMIT });
      const shown = page.slice(0, LIMIT);
      found.push(...shown.map(({ row }) => row.identity.id));
      after = shown.at(-1)?.position;
      if (page.length <= LIMIT) return found;
    }
  }

  const SEARCHES = [
    ...[
      'a',
      'anna',
      'user',
      'lovelace',
      'LOVE',
      'émile',
      'ÉMILE lo',
      'strasse',
      'STRASSE',
      'straße o',
      'ołena',
      'οδυσσεύς',
    ],
    ...['ΟΔΥΣΣΕΎς', 'юл', 'юлия lovelace', "o'neil 12", 'last', 'f last', 'zzz', 'neil', 'o'],
  ];
  const ORDERS: readonly UserOrder[] = ['email', 'name', 'created_at', '-created_at'];
  const FILTERS = (): readonly Partial<UserListQuery>[] => [
    {},
    { teamId },
    { isActive: false },
    { isActive: true, role: 'user' },
    { role: 'admin' },
  ];

  it.each(ORDERS)('by %s hold what fits and nothing else, in order, however it is found', async (order) => {
    for (const filter of FILTERS()) {
      expect({ filter, found: await whole({ ...filter, order }) }).toEqual({
        filter,
        found: expected({ ...filter, order }),
      });
    }
    for (const search of SEARCHES) {
      const query = { order, search };
      expect({ search, found: await whole(query) }).toEqual({ search, found: expected(query) });
    }
    for (const filter of FILTERS().slice(1, 3)) {
      const query = { ...filter, order, search: 'user' };
      expect({ filter, found: await whole(query) }).toEqual({ filter, found: expected(query) });
    }
  });

  it('fold names as Unicode does, whatever the locale of the database, when SQL by hand writes them too', async () => {
    const [collation] = await database.query(
      `SELECT datcollate FROM pg_database WHERE datname = current_database()`,
    );
    expect(collation).toEqual({ datcollate: 'C' }); // it folds nothing but ASCII by itself
    for (const [name, key] of [
      ['ÅSA ŁUCJA', 'åsa łucja'],
      ['ДМИТРИЙ', 'дмитрий'],
      ['ΣΊΣΥΦΟΣ', 'σίσυφοσ'],
      ['Straße ẞ', 'strasse ss'],
      ['ﬁnn', 'finn'],
      ['İpek', 'i̇pek'],
      ['𐐀', '𐐨'],
      ['Ada', 'ada'],
    ]) {
      const [row] = await database.query(
        `UPDATE users SET name = $1 WHERE id = (SELECT id FROM users LIMIT 1) RETURNING name_key`,
        [name],
      );
      expect(row).toEqual({ name_key: key });
    }
  });

  /** How many rows of a table are looked at, and by which ways. */
  function scansOf(node: PlanNode): { way: string; rows: number }[] {
    const own =
      node['Relation Name'] === 'users' && node['Actual Loops'] > 0
        ? [
            {
              way: node['Node Type'],
              rows: (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
            },
          ]
        : [];
    return [...own, ...(node.Plans ?? []).flatMap(scansOf)];
  }

  describe('among 40,000 more', () => {
    beforeAll(async () => {
      await database.query(
        `INSERT INTO users (email, name) SELECT 'more' || n || '@example.com', 'Grace Hopper ' || n FROM generate_series(1, 40000) n`,
      );
      // The test server commits without waiting for its log, and until that is written no page counts as visible to all.
      await database.query('SET synchronous_commit = on; CREATE TABLE flush ()');
      await database.query('VACUUM ANALYZE users');
    });

    async function scansFor(
      query: Omit<UserListQuery, 'after' | 'limit'>,
    ): Promise<{ way: string; rows: number }[]> {
      const { users, order, values } = userListStatement({ ...query, after: undefined, limit: 50 });
      const [answer] = await service.read((manager) =>
        manager.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }[]>(
          `EXPLAIN (ANALYZE, FORMAT JSON) SELECT u.id FROM ${users} u ORDER BY ${order}`,
          [...values],
        ),
      );
      return (answer?.['QUERY PLAN'] ?? []).flatMap(({ Plan }) => scansOf(Plan));
    }

    it.each(ORDERS)('by %s are read from an index, without a look at most users', async (order) => {
      for (const query of [
        {},
        { search: 'more12' },
        { search: 'grace' },
        { search: 'more' },
        { search: 'hopper 77' },
        { teamId },
      ]) {
        const scans = await scansFor({ ...query, order });
        expect({ query, seq: scans.filter(({ way }) => way === 'Seq Scan') }).toEqual({ query, seq: [] });
        expect(scans.reduce((sum, { rows: looked }) => sum + looked, 0)).toBeLessThan(MOST_ROWS);
      }
    });

    it.each(ORDERS)(
      'by %s are found by a search of any number without the table, but for the page',
      async (order) => {
        for (const search of [
          'hopper 12345',
          'hopper 12',
          'hopper 1',
          'hopper',
          'more123',
          'more1',
          'grace h',
        ]) {
          const scans = await scansFor({ search, order });
          const inTable = scans.filter(({ way }) => way !== 'Index Only Scan');
          const looked = inTable.reduce((sum, { rows: some }) => sum + some, 0);
          expect({ search, most: Math.max(looked, 300) }).toEqual({ search, most: 300 });
        }
      },
    );
  });
});
