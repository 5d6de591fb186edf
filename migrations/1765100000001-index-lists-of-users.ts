import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rows of one transaction: few enough not to delay a waiting sign-in noticeably. */
const BATCH = 2_000;
/** Sorts before every id. */
const FIRST = '00000000-0000-0000-0000-000000000000';
/** Beginnings of words are found in as many indexes; names of more words, which are rare, are in one of their own. */
const INDEXED_WORDS = 6;

const tail = (word: number) => `name_tail(name_words, ${word})`;
/** Whether a name has as many words: cheaper to see than the tail. */
const has = (words: number) => `name_words LIKE '${Array<string>(words).fill('%').join(' ')}'`;

/** By name: what each index is on. Bytes are compared, so that pages and searches do not depend on the database's locale. */
const INDEXES: Readonly<Record<string, string>> = {
  ix_users_email_order: 'users (email COLLATE "C", id)',
  ix_users_name_order: 'users (name_key COLLATE "C", id)',
  ix_users_created_at: 'users (created_at, id)',
  ix_users_inactive: 'users (id) WHERE NOT is_active',
  ...Object.fromEntries(
    Array.from({ length: INDEXED_WORDS }, (_, n) => n + 1).map((word) => [
      `ix_users_name_tail_${word}`,
      `users (${tail(word)} COLLATE "C")${word > 1 ? ` WHERE ${has(word)}` : ''}`,
    ]),
  ),
  ix_users_long_names: `users (id) WHERE ${has(INDEXED_WORDS + 1)}`,
  ix_team_memberships_order: `team_memberships (team_id, coalesce(joined_at, '-infinity'), user_id)`,
  ix_user_domains_order: `user_domains (domain_id, coalesce(assigned_at, '-infinity'), user_id)`,
};

/**
 * Pages of users, members and assignments from an index, whatever their number. In no transaction of its own: rows get their
 * key in small ones, and indexes are built beside the work of a service that runs. What was broken off is done again.
 */
export class IndexListsOfUsers1765100000001 implements MigrationInterface {
  readonly name = 'IndexListsOfUsers1765100000001';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    for (let after: string | undefined = FIRST; after !== undefined;)
      after = await setKeys(after, queryRunner);
    for (const [name, on] of Object.entries(INDEXES)) {
      await queryRunner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`); // an unfinished one is invalid
      await queryRunner.query(`CREATE INDEX CONCURRENTLY ${name} ON ${on}`);
    }
    await queryRunner.query('ANALYZE users');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const name of Object.keys(INDEXES)) await queryRunner.query(`DROP INDEX ${name}`);
  }
}

/** Sets the keys of the next users without one; answers the last of them, undefined when there are no more. */
async function setKeys(after: string, queryRunner: QueryRunner): Promise<string | undefined> {
  const rows = (await queryRunner.query(
    `WITH next AS (SELECT id FROM users WHERE id > $1 AND name_words IS NULL ORDER BY id LIMIT ${BATCH} FOR NO KEY UPDATE),
       done AS (UPDATE users SET name_key = '' FROM next WHERE users.id = next.id RETURNING users.id)
     SELECT max(id::text) AS last FROM done`,
    [after],
  )) as { last: string | null }[];
  return rows[0]?.last ?? undefined;
}
