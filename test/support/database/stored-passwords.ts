import { uniqueEmail } from '../http/accounts';

interface Queries {
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

/** Inserts a user with this stored hash, as another program would; answers the address. */
export async function insertWithHash(
  database: Queries,
  hash: string | null,
  isActive = true,
): Promise<string> {
  const email = uniqueEmail();
  const sql = 'INSERT INTO users (email, name, password_hash, is_active) VALUES ($1, $2, $3, $4)';
  await database.query(sql, [email, 'Inserted', hash, isActive]);
  return email;
}

/** The stored hash of the user of an address; empty when there is none. */
export async function storedHashOf(database: Queries, email: string): Promise<string> {
  const sql = 'SELECT password_hash AS hash FROM users WHERE email = $1';
  const [row] = await database.query<{ hash: string | null }>(sql, [email]);
  return row?.hash ?? '';
}
