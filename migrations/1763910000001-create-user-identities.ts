import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Identities of users at OpenID providers. */
export class CreateUserIdentities1763910000001 implements MigrationInterface {
  readonly name = 'CreateUserIdentities1763910000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE user_identities (
        issuer text NOT NULL,
        subject text NOT NULL,
        user_id uuid NOT NULL,
        name text,
        avatar_url text,
        claims_issued_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_user_identities PRIMARY KEY (issuer, subject),
        CONSTRAINT uq_user_identities_user_id_issuer UNIQUE (user_id, issuer),
        CONSTRAINT fk_user_identities_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE user_identities`);
  }
}
