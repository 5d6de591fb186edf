import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Mails to send, written in the transaction of the act that causes them. A row without `prepared_at` is a request: who has the
 * address, and whether a mail goes, is found out when it is its turn, so that the answer to the request tells nothing. No code
 * is in here: `code_seed` makes one only together with a key of the server. What was sent is kept for a day, without its
 * contents, to count by.
 */
export class CreateMails1765500000001 implements MigrationInterface {
  readonly name = 'CreateMails1765500000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE mails (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        kind text NOT NULL,
        user_id uuid,
        address text NOT NULL,
        facts jsonb NOT NULL DEFAULT '{}',
        source text,
        is_bounded boolean NOT NULL,
        code_seed bytea,
        code_hash bytea,
        created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        prepared_at timestamptz,
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        ended_at timestamptz,
        outcome text,
        last_error text,
        CONSTRAINT pk_mails PRIMARY KEY (id),
        CONSTRAINT fk_mails_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT ck_mails_outcome CHECK ((ended_at IS NULL) = (outcome IS NULL) AND outcome IN ('sent', 'given-up'))
      )`);
    await queryRunner.query(`CREATE INDEX ix_mails_due ON mails (next_attempt_at) WHERE ended_at IS NULL`);
    await queryRunner.query(`CREATE INDEX ix_mails_ended_at ON mails (ended_at) WHERE ended_at IS NOT NULL`);
    await queryRunner.query(`CREATE INDEX ix_mails_user_id ON mails (user_id)`);
    await queryRunner.query(`CREATE INDEX ix_mails_address ON mails (address, prepared_at) WHERE is_bounded`);
    await queryRunner.query(`CREATE INDEX ix_mails_source ON mails (source, prepared_at) WHERE is_bounded`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE mails`);
  }
}
