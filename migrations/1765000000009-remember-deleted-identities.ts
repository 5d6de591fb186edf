import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * What stays of a user whom the service has deleted: the id, the time, and for each identity at a provider a hash of issuer and
 * subject, so that the next token of that identity does not bring the user back.
 */
export class RememberDeletedIdentities1765000000009 implements MigrationInterface {
  readonly name = 'RememberDeletedIdentities1765000000009';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE deleted_identities (
        identity_hash bytea NOT NULL,
        user_id uuid NOT NULL,
        deleted_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_deleted_identities PRIMARY KEY (identity_hash)
      )`);
    await queryRunner.query(`CREATE INDEX ix_deleted_identities_user_id ON deleted_identities (user_id)`);
    // Neither an issuer nor a subject has a control character in it.
    await queryRunner.query(`
      CREATE FUNCTION hash_identity(issuer text, subject text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$
      BEGIN
        RETURN sha256(convert_to(issuer || E'\\n' || subject, 'UTF8'));
      END $$`);
    await pinSearchPath(queryRunner, 'hash_identity(text, text)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION hash_identity(text, text)`);
    await queryRunner.query(`DROP TABLE deleted_identities`);
  }
}
