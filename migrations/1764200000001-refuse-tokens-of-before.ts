import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * `users.tokens_not_before`: whatever was issued to the user earlier is refused. It moves whenever the user is switched off or
 * on, by whomever, only forwards, and never into the future: nobody could sign in until then. What is issued by us ends in
 * the same transaction. A provider whose clock is ahead dates its tokens later than they are: those that it issued and that
 * were seen here stay refused by `user_identities.tokens_refused_until`.
 */
export class RefuseTokensOfBefore1764200000001 implements MigrationInterface {
  readonly name = 'RefuseTokensOfBefore1764200000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE users ADD COLUMN tokens_not_before timestamptz`);
    await queryRunner.query(`ALTER TABLE user_identities ADD COLUMN tokens_refused_until timestamptz`);
    await queryRunner.query(`
      CREATE FUNCTION move_tokens_not_before() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.is_active IS DISTINCT FROM OLD.is_active THEN
          NEW.tokens_not_before := clock_timestamp();
        ELSIF NEW.tokens_not_before IS NOT NULL THEN
          NEW.tokens_not_before := least(NEW.tokens_not_before, clock_timestamp());
        END IF;
        NEW.tokens_not_before := greatest(OLD.tokens_not_before, NEW.tokens_not_before);
        RETURN NEW;
      END $$`);
    await pinSearchPath(queryRunner, 'move_tokens_not_before()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_move_tokens_not_before BEFORE UPDATE ON users FOR EACH ROW
      WHEN (NEW.is_active IS DISTINCT FROM OLD.is_active OR NEW.tokens_not_before IS DISTINCT FROM OLD.tokens_not_before)
      EXECUTE FUNCTION move_tokens_not_before()`);
    await queryRunner.query(`
      CREATE FUNCTION end_tokens_of_before() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE sessions
        SET ended_at = clock_timestamp(),
            end_reason = CASE WHEN NEW.is_active THEN 'tokens-not-before' ELSE 'user-deactivated' END
        WHERE user_id = NEW.id AND ended_at IS NULL
          AND coalesce(reauthenticated_at, created_at) < NEW.tokens_not_before;
        UPDATE user_identities
        SET tokens_refused_until = claims_issued_at
        WHERE user_id = NEW.id AND claims_issued_at >= greatest(NEW.tokens_not_before, now());
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, 'end_tokens_of_before()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_end_tokens_of_before AFTER UPDATE ON users FOR EACH ROW
      WHEN (NEW.tokens_not_before IS DISTINCT FROM OLD.tokens_not_before)
      EXECUTE FUNCTION end_tokens_of_before()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_users_end_tokens_of_before ON users`);
    await queryRunner.query(`DROP FUNCTION end_tokens_of_before()`);
    await queryRunner.query(`DROP TRIGGER tr_users_move_tokens_not_before ON users`);
    await queryRunner.query(`DROP FUNCTION move_tokens_not_before()`);
    await queryRunner.query(`ALTER TABLE user_identities DROP COLUMN tokens_refused_until`);
    await queryRunner.query(`ALTER TABLE users DROP COLUMN tokens_not_before`);
  }
}
