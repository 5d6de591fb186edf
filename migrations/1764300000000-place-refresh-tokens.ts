import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the refresh tokens of a session have in common, how often they were exchanged, and how the last exchange was done. A
 * session of before has no family until its next exchange; the row of each used token stays good for it. All is filled in
 * by the service, so that one of before can run beside it.
 */
export class PlaceRefreshTokens1764300000000 implements MigrationInterface {
  readonly name = 'PlaceRefreshTokens1764300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE sessions
        ADD COLUMN token_family bytea,
        ADD COLUMN token_generation integer NOT NULL DEFAULT 0,
        ADD COLUMN exchange_salt bytea,
        ADD COLUMN exchange_user_agent text,
        ADD CONSTRAINT uq_sessions_token_family UNIQUE (token_family)`);
    await queryRunner.query(
      `ALTER TABLE used_refresh_tokens ADD COLUMN is_replaceable boolean NOT NULL DEFAULT false`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE used_refresh_tokens DROP COLUMN is_replaceable`);
    await queryRunner.query(`
      ALTER TABLE sessions
        DROP CONSTRAINT uq_sessions_token_family,
        DROP COLUMN exchange_user_agent,
        DROP COLUMN exchange_salt,
        DROP COLUMN token_generation,
        DROP COLUMN token_family`);
  }
}
