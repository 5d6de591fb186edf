import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Tokens of providers that were signed out with, until they expire. They refer to no identity: such a token may never have
 * been seen here before, and must not make an account afterwards.
 */
export class CreateEndedProviderTokens1764200000002 implements MigrationInterface {
  readonly name = 'CreateEndedProviderTokens1764200000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE ended_provider_tokens (
        hash bytea NOT NULL,
        issuer text NOT NULL,
        subject text NOT NULL,
        issued_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_ended_provider_tokens PRIMARY KEY (hash)
      )`);
    await queryRunner.query(
      `CREATE INDEX ix_ended_provider_tokens_issuer_subject ON ended_provider_tokens (issuer, subject)`,
    );
    await queryRunner.query(
      `CREATE INDEX ix_ended_provider_tokens_expires_at ON ended_provider_tokens (expires_at)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE ended_provider_tokens`);
  }
}
