import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * Codes that prove an address or open an account, one table for all purposes, as hashes. A user has one code of each purpose: the
 * newest. Codes that undo a change of address are several: whoever has taken an account over could else change the address
 * twice. Codes of `user_activations` come over.
 */
export class CreateVerificationCodes1765500000000 implements MigrationInterface {
  readonly name = 'CreateVerificationCodes1765500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE verification_codes (
        code_hash bytea NOT NULL,
        user_id uuid NOT NULL,
        purpose text NOT NULL,
        address text NOT NULL,
        by_mail boolean NOT NULL,
        signs_in boolean NOT NULL DEFAULT false,
        session_id uuid,
        new_password_hash text,
        new_name text,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_verification_codes PRIMARY KEY (code_hash),
        CONSTRAINT fk_verification_codes_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
        CONSTRAINT ck_verification_codes_purpose CHECK (
          purpose IN ('activation', 'email-verification', 'password-reset', 'email-change', 'email-undo'))
      )`);
    await queryRunner.query(`
      CREATE UNIQUE INDEX uq_verification_codes_user_id_purpose ON verification_codes (user_id, purpose)
      WHERE purpose <> 'email-undo'`);
    await queryRunner.query(`CREATE INDEX ix_verification_codes_user_id ON verification_codes (user_id)`);
    await queryRunner.query(
      `CREATE INDEX ix_verification_codes_expires_at ON verification_codes (expires_at)`,
    );
    await queryRunner.query(`
      CREATE INDEX ix_verification_codes_reserved ON verification_codes (address) WHERE purpose = 'email-undo'`);
    await this.endCodes(queryRunner);
    await this.reserveAddresses(queryRunner);
    await queryRunner.query(`
      INSERT INTO verification_codes (code_hash, user_id, purpose, address, by_mail, created_at, expires_at)
      SELECT a.code_hash, a.user_id, 'activation', u.email, false, a.created_at, a.expires_at
      FROM user_activations a JOIN users u ON u.id = a.user_id`);
    await queryRunner.query(`DROP TRIGGER tr_users_end_activation ON users`);
    await queryRunner.query(`DROP FUNCTION end_activation()`);
    await queryRunner.query(`DROP TABLE user_activations`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE user_activations (
        user_id uuid NOT NULL,
        code_hash bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_user_activations PRIMARY KEY (user_id),
        CONSTRAINT uq_user_activations_code_hash UNIQUE (code_hash),
        CONSTRAINT fk_user_activations_user_id FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX ix_user_activations_expires_at ON user_activations (expires_at)`);
    await queryRunner.query(`
      CREATE FUNCTION end_activation() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM user_activations WHERE user_id = NEW.id;
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, 'end_activation()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_end_activation AFTER UPDATE ON users FOR EACH ROW
      WHEN ((OLD.is_active AND NOT NEW.is_active) OR (OLD.password_hash IS NULL AND NEW.password_hash IS NOT NULL))
      EXECUTE FUNCTION end_activation()`);
    await queryRunner.query(`
      INSERT INTO user_activations (user_id, code_hash, created_at, expires_at)
      SELECT user_id, code_hash, created_at, expires_at FROM verification_codes WHERE purpose = 'activation'`);
    await queryRunner.query(`DROP TRIGGER tr_users_keep_reserved_changed ON users`);
    await queryRunner.query(`DROP TRIGGER tr_users_keep_reserved_new ON users`);
    await queryRunner.query(`DROP FUNCTION keep_reserved_address()`);
    await queryRunner.query(`DROP TRIGGER tr_users_end_codes ON users`);
    await queryRunner.query(`DROP FUNCTION end_verification_codes()`);
    await queryRunner.query(`DROP TABLE verification_codes`);
  }

  /**
   * Codes end with what they stand for, whoever changes it: all with a deactivation; those that set a password or an address with
   * a change of the credentials; those of the address with another address. A first proof of the address ends what somebody else
   * may have asked for who had registered it. An address that comes without a proof was set by others than the user: then
   * nothing is undone by a code.
   */
  private async endCodes(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION end_verification_codes() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM verification_codes c WHERE c.user_id = NEW.id AND (
          (OLD.is_active AND NOT NEW.is_active)
          OR (NEW.credentials_version <> OLD.credentials_version
            AND c.purpose IN ('activation', 'password-reset', 'email-change'))
          OR (OLD.email_verified_at IS NULL AND NEW.email_verified_at IS NOT NULL
            AND c.purpose IN ('email-verification', 'email-change', 'email-undo'))
          OR (NEW.email <> OLD.email AND (c.purpose <> 'email-undo' OR NEW.email_verified_at IS NULL)));
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, 'end_verification_codes()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_end_codes AFTER UPDATE ON users FOR EACH ROW
      WHEN ((OLD.is_active AND NOT NEW.is_active) OR NEW.credentials_version <> OLD.credentials_version
        OR (OLD.email_verified_at IS NULL AND NEW.email_verified_at IS NOT NULL) OR NEW.email <> OLD.email)
      EXECUTE FUNCTION end_verification_codes()`);
  }

  /**
   * While a change of address can be undone, nobody else gets the old one. Looked at after the row is there: whoever waited for
   * the change, at the unique index, sees it then.
   */
  private async reserveAddresses(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION keep_reserved_address() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM verification_codes c
            WHERE c.purpose = 'email-undo' AND c.address = NEW.email AND c.user_id <> NEW.id AND c.expires_at > now()) THEN
          RAISE EXCEPTION 'the address is reserved'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'uq_users_email', TABLE = 'users';
        END IF;
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, 'keep_reserved_address()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_keep_reserved_new AFTER INSERT ON users FOR EACH ROW
      EXECUTE FUNCTION keep_reserved_address()`);
    await queryRunner.query(`
      CREATE TRIGGER tr_users_keep_reserved_changed AFTER UPDATE ON users FOR EACH ROW
      WHEN (NEW.email <> OLD.email) EXECUTE FUNCTION keep_reserved_address()`);
  }
}
