import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * Service accounts and their keys, and the service tokens that were revoked before they expired. A key is there as long as it is
 * good, or expired: revoking it deletes the row. The keys of an account end with its owner, whoever deletes or deactivates the
 * user, and no key is made for an account whose owner is inactive. `lock_service_key` answers the scopes of a key, which stay so
 * until the transaction ends; NULL when the key is gone or expired.
 */
export class CreateServiceAccounts1765400000000 implements MigrationInterface {
  readonly name = 'CreateServiceAccounts1765400000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE service_accounts (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        name text NOT NULL,
        scopes text[] NOT NULL,
        owner_id uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_service_accounts PRIMARY KEY (id),
        CONSTRAINT uq_service_accounts_name UNIQUE (name),
        CONSTRAINT fk_service_accounts_owner_id FOREIGN KEY (owner_id) REFERENCES users (id) ON DELETE SET NULL
      )`);
    await queryRunner.query(`CREATE INDEX ix_service_accounts_owner_id ON service_accounts (owner_id)`);
    await queryRunner.query(`
      CREATE TABLE service_keys (
        id uuid NOT NULL,
        account_id uuid NOT NULL,
        name text,
        secret_hash bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        last_used_at timestamptz,
        CONSTRAINT pk_service_keys PRIMARY KEY (id),
        CONSTRAINT fk_service_keys_account_id FOREIGN KEY (account_id) REFERENCES service_accounts (id) ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX ix_service_keys_account_id ON service_keys (account_id)`);
    await queryRunner.query(`
      CREATE TABLE ended_service_tokens (
        id uuid NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT pk_ended_service_tokens PRIMARY KEY (id)
      )`);
    await queryRunner.query(
      `CREATE INDEX ix_ended_service_tokens_expires_at ON ended_service_tokens (expires_at)`,
    );
    await this.endKeysWithOwners(queryRunner);
    await this.lockKeys(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION lock_service_key(uuid)`);
    await queryRunner.query(`DROP TRIGGER tr_users_end_service_keys ON users`);
    await queryRunner.query(`DROP TRIGGER tr_users_delete_service_keys ON users`);
    await queryRunner.query(`DROP FUNCTION end_service_keys()`);
    await queryRunner.query(`DROP TABLE ended_service_tokens`);
    await queryRunner.query(`DROP TABLE service_keys`); // and its trigger
    await queryRunner.query(`DROP FUNCTION require_active_owner()`);
    await queryRunner.query(`DROP TABLE service_accounts`);
  }

  private async endKeysWithOwners(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION end_service_keys() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        DELETE FROM service_keys k USING service_accounts a WHERE a.id = k.account_id AND a.owner_id = OLD.id;
        RETURN coalesce(NEW, OLD);
      END $$`);
    await pinSearchPath(queryRunner, 'end_service_keys()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_end_service_keys AFTER UPDATE ON users FOR EACH ROW
      WHEN (OLD.is_active AND NOT NEW.is_active) EXECUTE FUNCTION end_service_keys()`);
    // Before: the foreign key would have taken the owner from the account.
    await queryRunner.query(`
      CREATE TRIGGER tr_users_delete_service_keys BEFORE DELETE ON users FOR EACH ROW
      EXECUTE FUNCTION end_service_keys()`);
    // The lock lets a deactivation that is under way finish first, or wait until it sees the key.
    await queryRunner.query(`
      CREATE FUNCTION require_active_owner() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        owner uuid;
      BEGIN
        SELECT owner_id INTO owner FROM service_accounts WHERE id = NEW.account_id FOR SHARE;
        IF owner IS NOT NULL THEN
          PERFORM FROM users WHERE id = owner AND is_active FOR SHARE;
          IF NOT FOUND THEN
            RAISE EXCEPTION 'the owner of the service account is inactive'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_service_keys_owner_active', TABLE = 'service_keys';
          END IF;
        END IF;
        RETURN NEW;
      END $$`);
    await pinSearchPath(queryRunner, 'require_active_owner()');
    await queryRunner.query(`
      CREATE TRIGGER tr_service_keys_require_active_owner BEFORE INSERT ON service_keys FOR EACH ROW
      EXECUTE FUNCTION require_active_owner()`);
  }

  private async lockKeys(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION lock_service_key(key_id uuid) RETURNS text[] LANGUAGE plpgsql AS $$
      DECLARE
        held text[];
      BEGIN
        SELECT a.scopes INTO held FROM service_keys k JOIN service_accounts a ON a.id = k.account_id
        WHERE k.id = key_id AND (k.expires_at IS NULL OR k.expires_at > now()) FOR SHARE;
        RETURN held;
      END $$`);
    await pinSearchPath(queryRunner, 'lock_service_key(uuid)');
  }
}
