import { DataSource } from 'typeorm';
import { MarkMembershipsByGiver1764100000001 } from '../../migrations/1764100000001-mark-memberships-by-giver';
import { migrationDataSourceOptions } from '../../src/database/data-source-options';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const IDP = 'https://idp.example';
const OTHER = 'https://other.example';

interface Marks {
  readonly hand: boolean;
  readonly providers: string[];
  readonly legacy: string | null;
}

/** R85: the marks on a membership, in the database. */
describe.each([
  { table: 'team_memberships', thing: 'teams', key: 'team_id', name: 'Design' },
  { table: 'user_domains', thing: 'domains', key: 'domain_id', name: 'Sales' },
])('the marks of $table', ({ table, thing, key, name }) => {
  let database: TestDatabase;
  let ids: [user: string, thing: string];

  beforeEach(async () => {
    database = await createTestDatabase();
    const [row] = await database.query<{ user_id: string; thing_id: string }>(
      `WITH made AS (INSERT INTO users (email, name) VALUES ('ada@example.com', 'Ada') RETURNING id)
       SELECT made.id AS user_id, t.id AS thing_id FROM made, ${thing} t WHERE t.name = $1`,
      [name],
    );
    ids = [row?.user_id ?? '', row?.thing_id ?? ''];
  });

  afterEach(() => database.drop());

  const marks = () =>
    database.query<Marks>(
      `SELECT given_by_hand AS hand, provider_issuers AS providers, provider_issuer AS legacy FROM ${table}`,
    );
  const byHand = () => database.query(`INSERT INTO ${table} (user_id, ${key}) VALUES ($1, $2)`, [...ids]);
  const byProviders = (...issuers: string[]) =>
    database.query(
      `INSERT INTO ${table} (user_id, ${key}, given_by_hand, provider_issuers) VALUES ($1, $2, false, $3)`,
      [...ids, issuers],
    );
  const remove = () => database.query(`DELETE FROM ${table} WHERE user_id = $1 AND ${key} = $2`, [...ids]);

  it('an INSERT beside a provider’s is the mark of a hand; a second one is a duplicate', async () => {
    await byProviders(IDP);
    await byHand();
    expect(await marks()).toEqual([{ hand: true, providers: [IDP], legacy: null }]);
    await expect(byHand()).rejects.toMatchObject({ code: '23505' });
  });

  it('a DELETE takes the mark of a hand, and the row with it where no provider gives it', async () => {
    await byProviders(IDP, OTHER);
    await byHand();
    await remove();
    expect(await marks()).toEqual([{ hand: false, providers: [IDP, OTHER], legacy: null }]);
    await remove(); // of a provider that is no more: it comes back with the next token that lists it
    expect(await marks()).toEqual([]);
    await byHand();
    await remove();
    expect(await marks()).toEqual([]);
  });

  it.each(['users', thing])('a row goes with its row of %s, whatever its marks', async (owner) => {
    await byProviders(IDP);
    await byHand();
    await database.query(`DELETE FROM ${owner} WHERE id = ANY ($1)`, [ids]);
    expect(await marks()).toEqual([]);
  });

  it('a row without a mark cannot be', async () => {
    await byHand();
    await expect(database.query(`UPDATE ${table} SET given_by_hand = false`)).rejects.toMatchObject({
      constraint: `ck_${table}_given`,
    });
  });

  describe('a replica of version 1.0.0 beside this one', () => {
    /** The statements of 1.0.0, as it sends them. */
    const give = (issuer: string) =>
      database.query(
        `INSERT INTO ${table} (user_id, ${key}, provider_issuer) SELECT $1, id, $3 FROM ${thing} WHERE id = $2
         ON CONFLICT (user_id, ${key}) DO NOTHING`,
        [...ids, issuer],
      );
    const takeBack = (issuer: string) =>
      database.query(`DELETE FROM ${table} m WHERE m.user_id = $1 AND m.provider_issuer = $2`, [
        ids[0],
        issuer,
      ]);

    it('gives and takes back what is of one provider', async () => {
      await give(IDP);
      expect(await marks()).toEqual([{ hand: false, providers: [IDP], legacy: IDP }]);
      await takeBack(OTHER);
      expect(await marks()).toHaveLength(1);
      await takeBack(IDP);
      expect(await marks()).toEqual([]);
    });

    it('takes back nothing that a hand or another provider gives too', async () => {
      await byProviders(IDP, OTHER);
      await takeBack(IDP);
      await give(IDP);
      expect(await marks()).toEqual([{ hand: false, providers: [IDP, OTHER], legacy: null }]);
      await database.query(`UPDATE ${table} SET provider_issuers = $1`, [[IDP]]);
      expect(await marks()).toEqual([{ hand: false, providers: [IDP], legacy: IDP }]);
      await byHand();
      await takeBack(IDP);
      expect(await marks()).toEqual([{ hand: true, providers: [IDP], legacy: null }]);
    });

    it('is understood when an operator unsets provider_issuer', async () => {
      await give(IDP);
      await database.query(`UPDATE ${table} SET provider_issuer = NULL`);
      expect(await marks()).toEqual([{ hand: true, providers: [IDP], legacy: null }]);
    });
  });

  it('survive a copy of the data, as a restore does it', async () => {
    await byProviders(IDP, OTHER);
    const [row] = await database.query<{ row: string }>(`SELECT row_to_json(t)::text AS row FROM ${table} t`);
    const before = await marks();
    await remove();
    await database.query(`INSERT INTO ${table} SELECT * FROM json_populate_record(NULL::${table}, $1)`, [
      row?.row,
    ]);
    expect(await marks()).toEqual(before);
  });

  it('become the mark of 1.0.0 again when the migration is undone', async () => {
    await byProviders(IDP, OTHER);
    const source = await new DataSource(migrationDataSourceOptions(database.url)).initialize();
    const migration = new MarkMembershipsByGiver1764100000001();
    const runner = source.createQueryRunner();
    const legacy = () => database.query(`SELECT provider_issuer FROM ${table}`);
    try {
      await migration.down(runner);
      expect(await legacy()).toEqual([{ provider_issuer: IDP }]);
      await migration.up(runner);
      expect(await marks()).toEqual([{ hand: false, providers: [IDP], legacy: IDP }]);
    } finally {
      await runner.release();
      await source.destroy();
    }
  });
});

describe('the role of a membership', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.query(
      `WITH made AS (INSERT INTO users (email, name) VALUES ('ada@example.com', 'Ada') RETURNING id)
       INSERT INTO team_memberships (user_id, team_id, given_by_hand, provider_issuers)
       SELECT made.id, t.id, false, $1 FROM made, teams t WHERE t.name = 'Design'`,
      [[IDP]],
    );
  });

  afterAll(() => database.drop());

  const row = async () =>
    (
      await database.query(
        'SELECT given_by_hand AS hand, role, provider_issuers AS providers FROM team_memberships',
      )
    )[0];

  it('R85: comes with the mark of a hand, and goes with it', async () => {
    await database.query(`UPDATE team_memberships SET role = 'admin'`);
    expect(await row()).toEqual({ hand: true, role: 'admin', providers: [IDP] });
    await database.query(`UPDATE team_memberships SET given_by_hand = false`);
    expect(await row()).toEqual({ hand: false, role: null, providers: [IDP] });
  });
});
