import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

/** R72: the proof belongs to the address, in the database. */
describe('users.email_verified_at', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
    await database.query(
      `INSERT INTO users (email, name, email_verified_at) VALUES ('ada@example.com', 'Ada', '2026-01-01T00:00:00Z')`,
    );
  });

  afterEach(() => database.drop());

  const provenAt = async () => {
    const [row] = await database.query<{ at: Date | null }>('SELECT email_verified_at AS at FROM users');
    return row?.at?.toISOString() ?? null;
  };

  it.each([
    ['an update', `UPDATE users SET email = 'eve@example.com'`],
    [
      'an update that writes the old proof again, as an ORM does',
      `UPDATE users SET email = 'eve@example.com', email_verified_at = email_verified_at`,
    ],
    [
      'an upsert',
      `INSERT INTO users (email, name) VALUES ('ada@example.com', 'Eve')
       ON CONFLICT (email) DO UPDATE SET email = 'eve@example.com'`,
    ],
    [
      'a trigger of an operator',
      `CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN NEW.email := 'eve@example.com'; RETURN NEW; END $$;
       CREATE TRIGGER tr_users_a_move BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION move();
       UPDATE users SET name = 'Eve'`,
    ],
  ])('R72: is lost with an address that changes by %s', async (_how, sql) => {
    await database.query(sql);
    expect(await provenAt()).toBeNull();
  });

  it.each([
    ['other columns change', `UPDATE users SET name = 'Eve', is_active = false`],
    ['the address is written as it is', `UPDATE users SET email = 'ada@example.com'`],
  ])('stays when %s', async (_what, sql) => {
    await database.query(sql);
    expect(await provenAt()).toBe('2026-01-01T00:00:00.000Z');
  });

  it('is the one that the statement brings for the new address', async () => {
    await database.query(
      `UPDATE users SET email = 'eve@example.com', email_verified_at = '2026-02-02T00:00:00Z'`,
    );
    expect(await provenAt()).toBe('2026-02-02T00:00:00.000Z');
  });
});
