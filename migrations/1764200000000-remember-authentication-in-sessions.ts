import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When and how the user of a session last proved who they are. Sessions of before go back to a password, and to the time at
 * which they were opened (`reauthenticated_at` is null), so that no row has to be written.
 */
export class RememberAuthenticationInSessions1764200000000 implements MigrationInterface {
  readonly name = 'RememberAuthenticationInSessions1764200000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE sessions
        ADD COLUMN reauthenticated_at timestamptz,
        ADD COLUMN authentication_methods text[] NOT NULL DEFAULT '{pwd}',
        ADD COLUMN token_version integer NOT NULL DEFAULT 0`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE sessions
        DROP COLUMN token_version,
        DROP COLUMN authentication_methods,
        DROP COLUMN reauthenticated_at`);
  }
}
