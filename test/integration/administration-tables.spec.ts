import { createHash } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

describe('what administration stores beside users, teams and domains', () => {
  let database: TestDatabase;
  let userId: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    const [row] = await database.query<{ id: string }>(
      `INSERT INTO users (email, name) VALUES ('ada@example.com', 'Ada') RETURNING id`,
    );
    userId = row?.id ?? '';
  });

  afterEach(() => database.drop());

  describe('the activation code of a user', () => {
    const give = (code: string) =>
      database.query(
        `INSERT INTO verification_codes (user_id, code_hash, purpose, address, by_mail, expires_at)
         SELECT id, $2, 'activation', email, false, now() + interval '24 hours' FROM users WHERE id = $1
         ON CONFLICT (user_id, purpose) WHERE purpose <> 'email-undo' DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at`,
        [userId, createHash('sha256').update(code).digest()],
      );
    const codes = () => database.query('SELECT FROM verification_codes');

    it('is one: the newest takes the place of the one before', async () => {
      await give('first');
      await give('second');
      expect(await codes()).toHaveLength(1);
    });

    it.each([
      ['is switched off', 'UPDATE users SET is_active = false'],
      ['has a password', `UPDATE users SET password_hash = 'x'`],
      ['is deleted', 'DELETE FROM users'],
    ])('ends when the user %s', async (_what, sql) => {
      await give('code');
      await database.query(`UPDATE users SET name = 'Still', last_sign_in_at = now()`);
      expect(await codes()).toHaveLength(1);
      await database.query(sql);
      expect(await codes()).toEqual([]);
    });
  });

  it('knows the identity of a deleted user by a hash that says nothing of it', async () => {
    const [row] = await database.query<{ hash: Buffer }>(
      `SELECT hash_identity('https://idp.example', 'ada') AS hash`,
    );
    expect(row?.hash).toEqual(createHash('sha256').update('https://idp.example\nada').digest());
    await database.query(
      `INSERT INTO deleted_identities (identity_hash, user_id) VALUES (hash_identity('https://idp.example', 'ada'), $1)`,
      [userId],
    );
    await database.query('DELETE FROM users');
    expect(await database.query('SELECT user_id FROM deleted_identities')).toEqual([{ user_id: userId }]);
  });

  it('keeps one answer for a caller, a route and a key', async () => {
    const remember = (route: string) =>
      database.query(
        `INSERT INTO idempotency_keys (caller_id, route, key_hash, request_hash, status, body)
         VALUES ($1, $2, 'k', 'r', 201, '{"b": 1, "a": null}')`,
        [userId, route],
      );
    await remember('POST /users');
    await remember('POST /teams');
    await expect(remember('POST /users')).rejects.toMatchObject({ constraint: 'pk_idempotency_keys' });
    const [row] = await database.query<{ text: string }>(
      'SELECT body::text AS text FROM idempotency_keys LIMIT 1',
    );
    expect(row?.text).toBe('{"b": 1, "a": null}'); // as it was answered, member by member
  });
});
