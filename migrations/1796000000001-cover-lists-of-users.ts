import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/** The white space of Unicode, as a class of PostgreSQL's regular expressions; control characters are in no name. */
const SPACES = '[ \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
/** What fits into an index twice, beside an address: no name that the API takes is longer, but for some of letters that fold to three. */
const MOST_BYTES = 1_000;
const INDEXED_WORDS = 6;
const WORDS = Array.from({ length: INDEXED_WORDS }, (_, n) => n + 1);

/** A search by the n-th word of a name. */
const byWord = (n: number, included = '') =>
  `users (name_tail(name_words, ${n}) COLLATE "C")${included}${n > 1 ? ` WHERE name_words LIKE '${Array<string>(n).fill('%').join(' ')}'` : ''}`;

const INDEXES: Readonly<Record<string, string>> = {
  ix_users_by_email: 'users (email COLLATE "C", id) INCLUDE (name_key, name_words, created_at)',
  ix_users_by_name: 'users (name_key COLLATE "C", id) INCLUDE (email, name_words)',
  ix_users_by_created_at: 'users (created_at, id) INCLUDE (email, name_words)',
  ...Object.fromEntries(
    WORDS.map((n) => [
      `ix_users_by_word_${n}`,
      byWord(n, ' INCLUDE (id, email, name_key, name_words, created_at)'),
    ]),
  ),
};
/** In their place. */
const FORMER: Readonly<Record<string, string>> = {
  ix_users_email_order: 'users (email COLLATE "C", id)',
  ix_users_name_order: 'users (name_key COLLATE "C", id)',
  ix_users_created_at: 'users (created_at, id)',
  ...Object.fromEntries(WORDS.map((n) => [`ix_users_name_tail_${n}`, byWord(n)])),
};

/**
 * Each order of the list of users, and each search, from an index that also holds what the other looks at: thousands of users are
 * passed without a look at the table. In no transaction of its own, as the indexes are built beside the work of a service that runs. What
 * was broken off is done again.
 */
export class CoverListsOfUsers1796000000001 implements MigrationInterface {
  readonly name = 'CoverListsOfUsers1796000000001';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await this.replaceFunction(
      queryRunner,
      `left(fold_text(NEW.name), 600);
        IF octet_length(NEW.name_key) > ${MOST_BYTES} THEN
          NEW.name_key := left(NEW.name_key, ${Math.floor(MOST_BYTES / 4)});
        END IF`,
    );
    await queryRunner.query(`UPDATE users SET name_key = '' WHERE octet_length(name_key) > ${MOST_BYTES}`);
    for (const [name, on] of Object.entries(INDEXES)) {
      await queryRunner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`); // an unfinished one is invalid
      await queryRunner.query(`CREATE INDEX CONCURRENTLY ${name} ON ${on}`);
    }
    for (const name of Object.keys(FORMER))
      await queryRunner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    await queryRunner.query('ANALYZE users');
  }

  /** TypeORM undoes in a transaction. */
  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [name, on] of Object.entries(FORMER)) await queryRunner.query(`CREATE INDEX ${name} ON ${on}`);
    for (const name of Object.keys(INDEXES)) await queryRunner.query(`DROP INDEX ${name}`);
    await this.replaceFunction(queryRunner, 'left(fold_text(NEW.name), 600)');
  }

  private async replaceFunction(queryRunner: QueryRunner, key: string): Promise<void> {
    await queryRunner.query(`
      CREATE OR REPLACE FUNCTION set_name_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.name_key := ${key};
        NEW.name_words := CASE WHEN NEW.name_key COLLATE "C" ~ '^ | $|  |[^ -~]'
          THEN btrim(regexp_replace(NEW.name_key COLLATE "C", '${SPACES}', ' ', 'g')) ELSE NEW.name_key END;
        RETURN NEW;
      END $$`);
    await pinSearchPath(queryRunner, 'set_name_key()');
  }
}
