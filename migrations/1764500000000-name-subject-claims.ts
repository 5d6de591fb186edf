import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which claim of its provider's tokens a subject came from: the values of two claims are two sets of names, and a person of
 * one must not be found under the name of another. Rows of before, and those that version 1.0.0 writes, came from `sub`. The
 * index answers which claims an issuer's rows have, however many there are.
 */
export class NameSubjectClaims1764500000000 implements MigrationInterface {
  readonly name = 'NameSubjectClaims1764500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE user_identities ADD COLUMN subject_claim text NOT NULL DEFAULT 'sub'`,
    );
    await queryRunner.query(
      `CREATE INDEX ix_user_identities_issuer_subject_claim ON user_identities (issuer, subject_claim)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX ix_user_identities_issuer_subject_claim`);
    await queryRunner.query(`ALTER TABLE user_identities DROP COLUMN subject_claim`);
  }
}
