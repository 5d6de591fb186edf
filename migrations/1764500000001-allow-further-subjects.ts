import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An account may stand for further subjects of one issuer, where the issuer's entry allows it: such a row repeats its subject in
 * `further_subject`, and the constraint lets one row without that be. Version 1.0.0, which names the constraint, knows only
 * those, and so meets what it met before.
 */
export class AllowFurtherSubjects1764500000001 implements MigrationInterface {
  readonly name = 'AllowFurtherSubjects1764500000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE user_identities
        ADD COLUMN further_subject text NOT NULL DEFAULT '',
        ADD CONSTRAINT ck_user_identities_further_subject CHECK (further_subject IN ('', subject)),
        DROP CONSTRAINT uq_user_identities_user_id_issuer,
        ADD CONSTRAINT uq_user_identities_user_id_issuer UNIQUE (user_id, issuer, further_subject)`);
  }

  /** The account keeps the subject that it stood for first; the others are identities that nobody has seen. */
  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DELETE FROM user_identities i USING user_identities first
      WHERE first.user_id = i.user_id AND first.issuer = i.issuer AND first.subject <> i.subject
        AND (first.further_subject <> '', first.created_at, first.subject)
          < (i.further_subject <> '', i.created_at, i.subject)`);
    await queryRunner.query(`
      ALTER TABLE user_identities
        DROP CONSTRAINT uq_user_identities_user_id_issuer,
        ADD CONSTRAINT uq_user_identities_user_id_issuer UNIQUE (user_id, issuer),
        DROP COLUMN further_subject`);
  }
}
