import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What limits remember. `guess_limits`: guesses at the secret of an account, a known device or a client, by a hash of its name, so
 * that an address that nobody has counts like any other; `user_id` is set where somebody has it, for the cleanup alone. A guess
 * under way is `pending`; one that was never settled counts as a failure. `request_limits`: what a source did within a window.
 */
export class CountGuesses1765300000000 implements MigrationInterface {
  readonly name = 'CountGuesses1765300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE guess_limits (
        key bytea NOT NULL,
        user_id uuid,
        failures integer NOT NULL DEFAULT 0,
        pending integer NOT NULL DEFAULT 0,
        failed_at timestamptz,
        reserved_at timestamptz NOT NULL,
        CONSTRAINT pk_guess_limits PRIMARY KEY (key),
        CONSTRAINT ck_guess_limits_counts CHECK (failures >= 0 AND pending >= 0)
      ) WITH (fillfactor = 70)`);
    await queryRunner.query(`
      CREATE TABLE request_limits (
        key bytea NOT NULL,
        count integer NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_request_limits PRIMARY KEY (key)
      ) WITH (fillfactor = 70)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE request_limits`);
    await queryRunner.query(`DROP TABLE guess_limits`);
  }
}
