import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { Seeder } from '../../src/database/seed/seeder';
import { IdentityContextReader } from '../../src/identity/identity-context.reader';
import { IDENTITY_COLUMNS } from '../../src/identity/identity-row';
import { openServiceDatabase } from '../support/database/service-database';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const EMAIL = 'ada@example.com';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly PlanNode[];
}

describe('the effective domains of a user', () => {
  let database: TestDatabase;
  let source: DataSource;
  let reader: IdentityContextReader;

  beforeEach(async () => {
    database = await createTestDatabase();
    const opened = await openServiceDatabase(database.url, { poolSize: 1 });
    source = opened.source;
    reader = new IdentityContextReader(opened.service);
    await database.query(`INSERT INTO users (email, name) VALUES ($1, 'Ada')`, [EMAIL]);
  });

  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  /** Domains, each with the key of the one above it. */
  async function grow(...domains: [key: string, parent?: string][]): Promise<void> {
    for (const [key, parent] of domains)
      await database.query(
        `INSERT INTO domains (key, name, parent_domain_id) VALUES ($1, 'x', (SELECT id FROM domains WHERE key = $2))`,
        [key, parent],
      );
  }
  const assign = (...keys: string[]) =>
    database.query(
      `INSERT INTO user_domains (user_id, domain_id) SELECT u.id, d.id FROM users u, domains d WHERE d.key = ANY ($1)`,
      [keys],
    );
  const switchOff = (...keys: string[]) =>
    database.query('UPDATE domains SET is_active = false WHERE key = ANY ($1)', [keys]);
  const effective = async () => {
    const identity = await reader.findByEmail(EMAIL);
    return identity?.effectiveDomains.map(({ key }) => key);
  };

  it('R17: are those assigned and all below, as they are at this moment, each once', async () => {
    expect(await effective()).toEqual([]);
    await grow(['a'], ['a1', 'a'], ['a11', 'a1'], ['a12', 'a1'], ['b'], ['b1', 'b']);
    await assign('a', 'a1', 'b1');
    expect(await effective()).toEqual(['a', 'a1', 'a11', 'a12', 'b1']);
    await database.query(
      `UPDATE domains SET parent_domain_id = (SELECT id FROM domains WHERE key = 'b') WHERE key = 'a1'`,
    );
    await database.query(
      `DELETE FROM user_domains WHERE domain_id = (SELECT id FROM domains WHERE key = 'a1')`,
    );
    expect(await effective()).toEqual(['a', 'b1']);
    const [row] = await database.query<{ id: string }>(`SELECT id FROM domains WHERE key = 'a'`);
    expect((await reader.findByEmail(EMAIL))?.effectiveDomains[0]).toEqual({ id: row?.id, key: 'a' });
  });

  it('stop at an inactive domain, and begin again below it where that is assigned too', async () => {
    await grow(['a'], ['a1', 'a'], ['a11', 'a1'], ['a111', 'a11'], ['a112', 'a11'], ['a2', 'a']);
    await assign('a');
    await switchOff('a1');
    expect(await effective()).toEqual(['a', 'a2']);
    await assign('a11');
    expect(await effective()).toEqual(['a', 'a11', 'a111', 'a112', 'a2']);
    await switchOff('a', 'a112');
    expect(await effective()).toEqual(['a11', 'a111']);
    const identity = await reader.findByEmail(EMAIL);
    expect(identity?.domains.map(({ key, isActive }) => [key, isActive])).toEqual([
      ['a', false],
      ['a11', true],
    ]);
  });

  it('are ordered by key, character by character, whatever the locale of the database', async () => {
    await grow(['x'], ['x-b', 'x'], ['x0', 'x'], ['xa', 'x'], ['x-', 'x']);
    await assign('x');
    expect(await effective()).toEqual(['x', 'x-', 'x-b', 'x0', 'xa']);
  });

  it('are all 32 levels of a branch', async () => {
    await grow(
      ...Array.from({ length: 32 }, (_, n): [string, string?] => (n === 0 ? ['l0'] : [`l${n}`, `l${n - 1}`])),
    );
    await assign('l0');
    expect(await effective()).toHaveLength(32);
  });

  /** Domains whose stored path is another than the tree says. */
  const wrongPaths = () =>
    database.query(`
      WITH RECURSIVE walk (id, path) AS (
        SELECT id, CASE WHEN is_active THEN uuid_send(id) END FROM domains WHERE parent_domain_id IS NULL
        UNION ALL
        SELECT d.id, CASE WHEN d.is_active THEN coalesce(w.path, '') || uuid_send(d.id) END
        FROM walk w JOIN domains d ON d.parent_domain_id = w.id)
      SELECT d.key FROM domains d LEFT JOIN walk w USING (id) WHERE d.active_path IS DISTINCT FROM w.path`);

  /** The keys that are reached from the assigned domains step by step. */
  const walked = async () => {
    const rows = await database.query<{ key: string }>(`
      WITH RECURSIVE reached (id, key) AS (
        SELECT d.id, d.key FROM user_domains JOIN domains d ON d.id = domain_id WHERE d.is_active
        UNION
        SELECT d.id, d.key FROM reached JOIN domains d ON d.parent_domain_id = reached.id WHERE d.is_active)
      SELECT key FROM reached ORDER BY key COLLATE "C"`);
    return rows.map(({ key }) => key);
  };

  it('R17: follow each statement that makes, moves, switches or removes domains, also SQL by hand of many rows', async () => {
    const id = (key: string) => `(SELECT id FROM domains WHERE key = '${key}')`;
    // Those below come before those above them in one statement.
    await database.query(`
      WITH made AS MATERIALIZED (SELECT n, gen_random_uuid() AS id FROM generate_series(1, 60) n)
      INSERT INTO domains (id, key, name, parent_domain_id)
      SELECT m.id, 'd' || m.n, 'x', above.id FROM made m LEFT JOIN made above ON above.n = m.n / 2 ORDER BY m.n DESC`);
    await assign('d1');
    expect(await effective()).toHaveLength(60);
    for (const statement of [
      `UPDATE domains SET is_active = false WHERE key IN ('d2', 'd5', 'd12', 'd25')`,
      `UPDATE domains SET parent_domain_id = ${id('d60')} WHERE key IN ('d4', 'd6')`,
      `UPDATE domains SET is_active = NOT is_active WHERE key IN ('d2', 'd30', 'd15')`,
      `UPDATE domains SET parent_domain_id = NULL, is_active = true WHERE key IN ('d5', 'd3')`,
      `UPDATE domains SET parent_domain_id = ${id('d1')} WHERE key = 'd3'`,
      `UPDATE domains SET is_active = true`,
      `UPDATE domains SET is_default = key = 'd9', name = 'y'`,
      `DELETE FROM domains d WHERE NOT EXISTS (SELECT FROM domains b WHERE b.parent_domain_id = d.id)`,
    ]) {
      await database.query(statement);
      expect({ statement, wrong: await wrongPaths() }).toEqual({ statement, wrong: [] });
      expect({ statement, found: await effective() }).toEqual({ statement, found: await walked() });
    }
  });

  it('are right after a move and a switch that race, whichever comes first', async () => {
    await grow(['a'], ['a1', 'a'], ['b'], ['b1', 'b']);
    await assign('a');
    const move = `UPDATE domains SET parent_domain_id = (SELECT id FROM domains WHERE key = 'a1') WHERE key = 'b'`;
    const off = `UPDATE domains SET is_active = false WHERE key = 'a1'`;
    const [one, other] = [
      new Client({ connectionString: database.url }),
      new Client({ connectionString: database.url }),
    ];
    await Promise.all([one.connect(), other.connect()]);
    try {
      for (const [first, second] of [
        [move, off],
        [off, move],
      ] as const) {
        await database.query(
          `UPDATE domains SET is_active = true, parent_domain_id = CASE WHEN key <> 'b' THEN parent_domain_id END`,
        );
        await one.query('BEGIN');
        await one.query(first);
        const waiting = other.query(second);
        await one.query('COMMIT');
        await waiting;
        expect({ first, wrong: await wrongPaths() }).toEqual({ first, wrong: [] });
        expect(await effective()).toEqual(['a']);
      }
    } finally {
      await Promise.all([one.end(), other.end()]);
    }
  });

  it('are found again at the next start when a restore without triggers has left their paths out', async () => {
    await grow(['a'], ['a1', 'a']);
    await assign('a');
    await database.query(
      'SET session_replication_role = replica; UPDATE domains SET active_path = NULL; RESET session_replication_role',
    );
    expect(await effective()).toEqual([]);
    await new Seeder(source.manager).run();
    expect(await wrongPaths()).toEqual([]);
    expect(await effective()).toEqual(['a', 'a1']);
  });

  it('of five assignments among 10,000 domains on 12 levels are found in the index, without a look at the others', async () => {
    await database.query(`
      WITH made AS (SELECT n, gen_random_uuid() AS id FROM generate_series(1, 10000) n)
      INSERT INTO domains (id, key, name, parent_domain_id)
      SELECT made.id, 'd' || made.n, 'x', above.id
      FROM made LEFT JOIN made above ON above.n = floor(made.n / 2.1)`);
    const [tree] = await database.query(`
      WITH RECURSIVE down AS (
        SELECT id, 1 AS level FROM domains WHERE parent_domain_id IS NULL
        UNION ALL SELECT d.id, level + 1 FROM down JOIN domains d ON d.parent_domain_id = down.id)
      SELECT max(level) AS levels FROM down`);
    expect(tree).toEqual({ levels: 12 });
    await assign('d600', 'd1500', 'd3000', 'd6000', 'd9999');
    // The test server commits without waiting for its log, and until that is written no page counts as visible to all.
    await database.query('SET synchronous_commit = on; CREATE TABLE flush ()');
    await database.query('VACUUM ANALYZE domains');
    await source.query('SET plan_cache_mode = force_generic_plan');
    await source.query(`PREPARE identity AS SELECT ${IDENTITY_COLUMNS} FROM users u WHERE u.email = $1`);
    const [answer] = await source.query<[{ 'QUERY PLAN': [{ Plan: PlanNode }] }]>(
      `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE identity ('${EMAIL}')`,
    );
    const looks = nodesOf(answer['QUERY PLAN'][0].Plan).filter((node) => node['Relation Name'] === 'domains');
    expect(looks.map((node) => node['Index Name']).sort()).toEqual([
      'ix_domains_active_path',
      'pk_domains',
      'pk_domains',
    ]);
    const found = (await effective())?.length ?? 0;
    expect(found).toBeGreaterThan(20);
    const ranges = looks.find((node) => node['Index Name'] === 'ix_domains_active_path');
    expect(ranges?.['Actual Loops']).toBe(5); // one look for each domain that is assigned
  });
});

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
