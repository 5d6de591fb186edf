import type { DataSource } from 'typeorm';
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
      'ix_domains_active_children',
      'pk_domains',
      'pk_domains',
    ]);
    const found = (await effective())?.length ?? 0;
    expect(found).toBeGreaterThan(20);
    const walk = looks.find((node) => node['Index Name'] === 'ix_domains_active_children');
    expect(walk?.['Actual Loops']).toBe(found); // one look for each domain that is answered
  });
});

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
