import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * `users.updated_at`: when something last changed that an administrator sees of a user; a new hash of a password that stands
 * is nothing of that kind. It only moves forwards, so that no two versions of a row have the same. `last_sign_in_at` is set
 * when a session is opened.
 */
export class DateChangesOfUsers1765000000003 implements MigrationInterface {
  readonly name = 'DateChangesOfUsers1765000000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE users
        ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN last_sign_in_at timestamptz`);
    await queryRunner.query(`
      CREATE FUNCTION date_change_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
        RETURN NEW;
      END $$`);
    await pinSearchPath(queryRunner, 'date_change_of_user()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_date_change BEFORE UPDATE ON users FOR EACH ROW
      WHEN ((NEW.email, NEW.name, NEW.avatar_url, NEW.role, NEW.is_active,
          NEW.email_verified_at IS NULL, NEW.password_hash IS NULL)
        IS DISTINCT FROM (OLD.email, OLD.name, OLD.avatar_url, OLD.role, OLD.is_active,
          OLD.email_verified_at IS NULL, OLD.password_hash IS NULL))
      EXECUTE FUNCTION date_change_of_user()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_users_date_change ON users`);
    await queryRunner.query(`DROP FUNCTION date_change_of_user()`);
    await queryRunner.query(`ALTER TABLE users DROP COLUMN last_sign_in_at, DROP COLUMN updated_at`);
  }
}
