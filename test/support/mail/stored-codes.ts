import { createHash, randomBytes } from 'node:crypto';
import type { CodePurpose } from '../../../src/verification/code-purpose';
import type { TestDatabase } from '../database/test-database';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Stores a code for a user, as if it had been mailed; by default it stands for the address that the user has. */
export async function storeCode(
  database: TestDatabase,
  userId: string,
  purpose: CodePurpose,
  address?: string,
): Promise<string> {
  const code = Array.from(randomBytes(26), (byte) => ALPHABET.charAt(byte % 32)).join('');
  await database.query(
    `INSERT INTO verification_codes (code_hash, user_id, purpose, address, by_mail, expires_at)
     SELECT $1, id, $3, coalesce($4, email), true, now() + interval '1 hour' FROM users WHERE id = $2`,
    [createHash('sha256').update(code).digest(), userId, purpose, address ?? null],
  );
  return code;
}
