import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * Codes that set the first password of a user whom an administrator made: one a user, as a hash. A code ends when the user is
 * switched off, has a password, or is gone. `must_change_password`: the password was chosen by somebody else.
 */
export class CreateUserActivations1765000000010 implements MigrationInterface {
  readonly name = 'CreateUserActivations1765000000010';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE users ADD COLUMN must_change_password boolean NOT NULL DEFAULT false`,
    );
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
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_users_end_activation ON users`);
    await queryRunner.query(`DROP FUNCTION end_activation()`);
    await queryRunner.query(`DROP TABLE user_activations`);
    await queryRunner.query(`ALTER TABLE users DROP COLUMN must_change_password`);
  }
}
