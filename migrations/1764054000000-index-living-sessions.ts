import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A user's active sessions by age: counted at every sign-in, however many ended ones there are. */
export class IndexLivingSessions1764054000000 implements MigrationInterface {
  readonly name = 'IndexLivingSessions1764054000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX ix_sessions_living ON sessions (user_id, created_at) WHERE ended_at IS NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX ix_sessions_living`);
  }
}
