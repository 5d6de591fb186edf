import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Answers to requests with an `Idempotency-Key`, for 24 hours: written in the transaction of what they tell, so that there is
 * one only where that is done. The key and the body of the request are kept as hashes, `body` is the answer without secrets.
 */
export class CreateIdempotencyKeys1765000000011 implements MigrationInterface {
  readonly name = 'CreateIdempotencyKeys1765000000011';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE idempotency_keys (
        caller_id uuid NOT NULL,
        route text NOT NULL,
        key_hash bytea NOT NULL,
        request_hash bytea NOT NULL,
        status smallint NOT NULL,
        body json,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller_id, route, key_hash)
      )`);
    await queryRunner.query(`CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE idempotency_keys`);
  }
}
