import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * `users.credentials_version`: raised whenever what a user proves themselves with is another, so that a session opens only for
 * the credentials that were checked. The database raises it when the stored hash changes, whoever changes it: replicas of before
 * do not know the column. A statement that stores another hash of the same password says so by setting it to NULL; then it stays.
 */
export class CountCredentialChanges1764800000000 implements MigrationInterface {
  readonly name = 'CountCredentialChanges1764800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE users ADD COLUMN credentials_version integer NOT NULL DEFAULT 0`);
    await queryRunner.query(`
      CREATE FUNCTION count_credential_changes() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.credentials_version IS NULL AND OLD.password_hash IS NOT NULL AND NEW.password_hash IS NOT NULL THEN
          NEW.credentials_version := OLD.credentials_version;
        ELSIF NEW.password_hash IS DISTINCT FROM OLD.password_hash THEN
          NEW.credentials_version := greatest(NEW.credentials_version, OLD.credentials_version + 1);
        ELSE
          NEW.credentials_version := greatest(NEW.credentials_version, OLD.credentials_version);
        END IF;
        RETURN NEW;
      END $$`);
    await pinSearchPath(queryRunner, 'count_credential_changes()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_count_credential_changes BEFORE UPDATE ON users FOR EACH ROW
      WHEN (NEW.password_hash IS DISTINCT FROM OLD.password_hash
        OR NEW.credentials_version IS DISTINCT FROM OLD.credentials_version)
      EXECUTE FUNCTION count_credential_changes()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_users_count_credential_changes ON users`);
    await queryRunner.query(`DROP FUNCTION count_credential_changes()`);
    await queryRunner.query(`ALTER TABLE users DROP COLUMN credentials_version`);
  }
}
