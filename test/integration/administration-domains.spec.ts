import { prepareDatabase } from '../../src/database/migrate';
import { createFirstReleaseDatabase } from '../support/database/first-release';
import { ISOLATION_LEVELS, Rivals } from '../support/database/rounds';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const ROUNDS = 200;
const LEVELS = 32;
const CYCLE = { code: '23514', constraint: 'ck_domains_no_cycle' };
const TOO_DEEP = { code: '23514', constraint: 'ck_domains_depth' };

const move = (key: string, parent: string) =>
  `UPDATE domains SET parent_domain_id = (SELECT id FROM domains WHERE key = '${parent}') WHERE key = '${key}'`;

describe('the tree of domains', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
    await chain('a', LEVELS);
    await chain('b', 3);
  });

  afterEach(() => database.drop());

  const run = (sql: string) => database.query(sql);

  /** Domains `a1` to `a32`, each below the one before, in one statement. */
  async function chain(name: string, length: number): Promise<void> {
    await database.query(
      `WITH made AS (SELECT n, gen_random_uuid() AS id FROM generate_series(1, $2::int) n)
       INSERT INTO domains (id, key, name, parent_domain_id)
       SELECT made.id, $1 || made.n, 'x', above.id FROM made LEFT JOIN made above ON above.n = made.n - 1`,
      [name, length],
    );
  }
  const parents = () => database.query('SELECT key, parent_domain_id FROM domains ORDER BY key');
  async function expectRefused(sql: string, refusal: object): Promise<void> {
    const before = await parents();
    await expect(run(sql)).rejects.toMatchObject(refusal);
    expect(await parents()).toEqual(before);
  }

  it('has 32 levels, for a new one and for a branch that moves, whatever is below it', async () => {
    await expectRefused(
      `INSERT INTO domains (key, name, parent_domain_id) SELECT 'deep', 'x', id FROM domains WHERE key = 'a32'`,
      TOO_DEEP,
    );
    await expectRefused(move('b1', 'a30'), TOO_DEEP);
    await run(move('b1', 'a29'));
    await expectRefused(
      `INSERT INTO domains (key, name, parent_domain_id) SELECT 'deep', 'x', id FROM domains WHERE key = 'b3'`,
      TOO_DEEP,
    );
    await expectRefused(move('a1', 'sales'), TOO_DEEP);
    await run(move('a2', 'sales'));
    await run(`UPDATE domains SET parent_domain_id = NULL WHERE key = 'a2'`);
    await expect(chain('c', LEVELS + 1)).rejects.toMatchObject(TOO_DEEP);
  });

  it('has no circle, however a statement would make one', async () => {
    await expectRefused(move('a1', 'a1'), { constraint: 'ck_domains_parent_is_other' });
    await expectRefused(move('b1', 'b3'), CYCLE);
    await expectRefused(
      `UPDATE domains SET parent_domain_id = CASE key
         WHEN 'sales' THEN (SELECT id FROM domains WHERE key = 'design')
         ELSE (SELECT id FROM domains WHERE key = 'sales') END WHERE key IN ('sales', 'design')`,
      CYCLE,
    );
    // Two new ones that are each other's parents: each was in front of a check that did not see the other.
    await expectRefused(
      `WITH x AS (SELECT gen_random_uuid() AS one, gen_random_uuid() AS two)
       INSERT INTO domains (id, key, name, parent_domain_id)
       SELECT one, 'one', 'x', two FROM x UNION ALL SELECT two, 'two', 'x', one FROM x`,
      CYCLE,
    );
  });

  it('lets everything else of a domain change without waiting for moves', async () => {
    const rivals = await Rivals.of(database);
    try {
      const outcomes = await rivals.race('READ COMMITTED', [
        [move('b1', 'sales'), `SELECT pg_sleep(0)`],
        [`UPDATE domains SET name = 'y' WHERE key = 'a1'`],
      ]);
      expect(outcomes).toEqual([undefined, undefined]);
    } finally {
      await rivals.end();
    }
  });

  describe('of two moves at once', () => {
    let rivals: Rivals;

    beforeEach(async () => {
      rivals = await Rivals.of(database);
      await chain('x', 16);
      await chain('y', 16);
    });

    afterEach(() => rivals.end());

    it.each(ISOLATION_LEVELS)(
      '%s: the second is refused, of a circle and of too deep a branch',
      async (level) => {
        const refusals = level === 'READ COMMITTED' ? ['23514'] : ['40001'];
        const circle = await rivals.overtake(level, [[move('sales', 'design')], [move('design', 'sales')]]);
        expect(refusals).toContain((circle as { code?: string } | undefined)?.code);
        const depth = await rivals.overtake(level, [[move('y1', 'x16')], [move('b1', 'y14')]]);
        expect(refusals).toContain((depth as { code?: string } | undefined)?.code);
        const made = await rivals.overtake(level, [
          [`UPDATE domains SET parent_domain_id = NULL WHERE key = 'y1'`, move('x1', 'y16')],
          [
            `INSERT INTO domains (key, name, parent_domain_id) SELECT 'late', 'x', id FROM domains WHERE key = 'x16'`,
          ],
        ]);
        expect(refusals).toContain((made as { code?: string } | undefined)?.code);
      },
    );

    it(`${ROUNDS} rounds leave a tree each time`, async () => {
      const keys = ['sales', 'design', 'marketing', 'product'];
      const codes = new Set<string | undefined>();
      let moved = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const [one, other] = [keys[round % 4]!, keys[(round + 1 + (Math.floor(round / 4) % 3)) % 4]!];
        const level = ISOLATION_LEVELS[round % 3]!;
        const outcomes = await rivals.race(level, [[move(one, other)], [move(other, one)]]);
        for (const error of outcomes as ((Error & { code?: string }) | undefined)[])
          if (error) codes.add(error.code);
          else moved++;
        const [tree] = await database.query<{ reached: number; all: number }>(
          `WITH RECURSIVE down AS (
             SELECT id FROM domains WHERE parent_domain_id IS NULL
             UNION ALL SELECT d.id FROM down JOIN domains d ON d.parent_domain_id = down.id)
           SELECT count(*)::int AS reached, (SELECT count(*)::int FROM domains) AS all FROM down`,
        );
        expect(tree?.reached).toBe(tree?.all);
        if (round % 2 === 1)
          await run(`UPDATE domains SET parent_domain_id = NULL WHERE key IN ('${keys.join("', '")}')`);
      }
      expect(moved).toBeGreaterThan(ROUNDS / 4);
      expect(['23514', '40001']).toEqual(expect.arrayContaining([...codes]));
    });
  });

  it.each(['Sales', '-sales', 'sales_eu', 'a'.repeat(64), '', 'säles', 'sales\n'])(
    'takes no new key like %j',
    async (key) => {
      const refused = { code: '23514', constraint: 'ck_domains_key' };
      await expect(
        database.query(`INSERT INTO domains (key, name) VALUES ($1, 'x')`, [key]),
      ).rejects.toMatchObject(refused);
      await expect(
        database.query(`UPDATE domains SET key = $1 WHERE key = 'sales'`, [key]),
      ).rejects.toMatchObject(refused);
    },
  );

  it('takes keys of a character and of 63', async () => {
    for (const key of ['0', `a${'-'.repeat(62)}`])
      await database.query(`INSERT INTO domains (key, name) VALUES ($1, 'x')`, [key]);
  });
});

describe('the domains that version 1.0.0 left', () => {
  it('keep keys of another form and branches that are too deep, and can be changed', async () => {
    const database = await createFirstReleaseDatabase();
    try {
      await database.query(`INSERT INTO domains (key, name) VALUES ('Human Resources', 'HR'), ('1', 'x')`);
      for (let n = 2; n <= 40; n++)
        await database.query(
          `INSERT INTO domains (key, name, parent_domain_id) SELECT $1, 'x', id FROM domains WHERE key = $2`,
          [String(n), String(n - 1)],
        );
      await prepareDatabase(database.url);
      await database.query(
        `UPDATE domains SET name = 'People', is_active = false WHERE key = 'Human Resources'`,
      );
      await database.query(
        `UPDATE domains SET key = 'Human Resources', name = 'HR' WHERE key = 'Human Resources'`,
      );
      await database.query(move('Human Resources', '1'));
      await expect(database.query(move('Human Resources', '35'))).rejects.toMatchObject(TOO_DEEP);
      await database.query(`UPDATE domains SET name = 'y' WHERE key = '40'`);
      await database.query(`UPDATE domains SET parent_domain_id = NULL WHERE key = '20'`);
    } finally {
      await database.drop();
    }
  });
});
