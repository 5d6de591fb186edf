import { DataSource } from 'typeorm';
import { operatorDataSourceOptions } from '../database/data-source-options';

const ROWS = 1_000;

/** A user as import reads them. */
export interface ExportedUser {
  readonly email: string;
  readonly name: string;
  readonly avatar_url: string | null;
  readonly password_hash?: string | null;
  readonly email_verified: boolean;
  readonly is_active: boolean;
  readonly role: string;
  readonly teams: readonly { readonly name: string; readonly role: string | null }[];
  readonly domains: readonly string[];
  readonly created_at: string;
}

/** Memberships that a provider gives come back with the next sign-in. */
const USERS = (columns: string) => `
  SELECT u.email, u.name, u.avatar_url, ${columns} u.email_verified_at IS NOT NULL AS email_verified, u.is_active, u.role,
    coalesce((SELECT json_agg(json_build_object('name', t.name, 'role', m.role) ORDER BY t.name)
      FROM team_memberships m JOIN teams t ON t.id = m.team_id WHERE m.user_id = u.id AND m.given_by_hand), '[]') AS teams,
    coalesce((SELECT json_agg(d.key ORDER BY d.key)
      FROM user_domains a JOIN domains d ON d.id = a.domain_id WHERE a.user_id = u.id AND a.given_by_hand), '[]') AS domains,
    to_char(u.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at
  FROM users u ORDER BY u.email`;

/** Reads all users as they are at one moment, in the memory of a few. */
export async function* readUsers(databaseUrl: string, withHashes: boolean): AsyncGenerator<ExportedUser[]> {
  const source = new DataSource(operatorDataSourceOptions(databaseUrl));
  await source.initialize();
  const runner = source.createQueryRunner();
  try {
    await runner.startTransaction('REPEATABLE READ');
    await runner.query('SET TRANSACTION READ ONLY');
    await runner.query("SET LOCAL idle_in_transaction_session_timeout = '10min'"); // the reader of a pipe may be slow
    await runner.query(`DECLARE exported CURSOR FOR ${USERS(withHashes ? 'u.password_hash,' : '')}`);
    for (;;) {
      const rows = (await runner.query(`FETCH ${ROWS} FROM exported`)) as ExportedUser[];
      if (rows.length === 0) break;
      yield rows;
    }
    await runner.commitTransaction();
  } finally {
    await runner.release();
    await source.destroy();
  }
}
