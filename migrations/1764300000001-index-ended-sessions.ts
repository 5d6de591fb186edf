import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A user's ended sessions by time of end: a sign-in deletes the oldest, however many there are. */
export class IndexEndedSessions1764300000001 implements MigrationInterface {
  readonly name = 'IndexEndedSessions1764300000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX ix_sessions_ended ON sessions (user_id, ended_at) WHERE ended_at IS NOT NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX ix_sessions_ended`);
  }
}
