import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Null for most names, which begin with their first word. */
const UNUSUAL = 'nullif(name_words, name_key)';

/** Names with unusual white space do not begin with their first words: a search in the order of names looks at them apart. */
export class IndexUnusualNames1765100000002 implements MigrationInterface {
  readonly name = 'IndexUnusualNames1765100000002';
  readonly transaction = false;

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX CONCURRENTLY IF EXISTS ix_users_unusual_names'); // an unfinished one is invalid
    await queryRunner.query(
      `CREATE INDEX CONCURRENTLY ix_users_unusual_names ON users (${UNUSUAL} COLLATE "C") WHERE ${UNUSUAL} IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX ix_users_unusual_names');
  }
}
