import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/** A team that a user owns and nobody else who is active: `$1` is the user. */
const OWNS_ALONE = (user: string) => `EXISTS (
          SELECT FROM team_memberships own
          WHERE own.user_id = ${user} AND own.role = 'owner' AND NOT EXISTS (
            SELECT FROM team_memberships m JOIN users u ON u.id = m.user_id
            WHERE m.team_id = own.team_id AND m.role = 'owner' AND u.is_active AND u.id <> ${user}))`;
const REFUSE_LAST_ADMIN = `
          RAISE EXCEPTION 'the last active administrator stays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_last_admin', TABLE = 'users'`;
const REFUSE_LAST_OWNER = `
          RAISE EXCEPTION 'the last active owner of a team stays'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_last_owner', TABLE = 'team_memberships'`;

/**
 * Nothing takes the last active administrator, nor the last active owner of a team that goes on. Whatever takes an active one
 * away first takes its turn, which also everything that switches a user off does, whether or not a role is seen: it may be
 * being given. So of two, the second sees what the first has left. At the end of a statement the rule holds; within a
 * transaction, appoint first. TRUNCATE and what runs without triggers are left to those who may do that.
 */
export class KeepLastAdminsAndOwners1765000000005 implements MigrationInterface {
  readonly name = 'KeepLastAdminsAndOwners1765000000005';

  async up(queryRunner: QueryRunner): Promise<void> {
    await this.keepWhileUsersChange(queryRunner);
    await this.keepWhileUsersGo(queryRunner);
    await this.keepWhileMembershipsChange(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_team_memberships_last_owner_deleted ON team_memberships`);
    await queryRunner.query(`DROP TRIGGER tr_team_memberships_last_owner_changed ON team_memberships`);
    await queryRunner.query(`DROP FUNCTION keep_owner_of_team()`);
    await queryRunner.query(`DROP TRIGGER tr_users_last_roles_deleted ON users`);
    await queryRunner.query(`DROP FUNCTION keep_last_roles_of_deleted_user()`);
    await queryRunner.query(`DROP TRIGGER tr_users_last_roles_changed ON users`);
    await queryRunner.query(`DROP FUNCTION keep_last_roles_of_changed_user()`);
  }

  private async keepWhileUsersChange(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION keep_last_roles_of_changed_user() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM take_turn('roles');
        IF OLD.role = 'admin' AND NOT EXISTS (SELECT FROM users WHERE role = 'admin' AND is_active) THEN
          ${REFUSE_LAST_ADMIN};
        END IF;
        IF NOT NEW.is_active AND ${OWNS_ALONE('NEW.id')} THEN
          ${REFUSE_LAST_OWNER};
        END IF;
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, 'keep_last_roles_of_changed_user()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_last_roles_changed AFTER UPDATE ON users FOR EACH ROW
      WHEN (OLD.is_active AND (NOT NEW.is_active OR (OLD.role = 'admin' AND NEW.role <> 'admin')))
      EXECUTE FUNCTION keep_last_roles_of_changed_user()`);
  }

  /** Before the row goes: its memberships go with it, and then nothing tells what they were. */
  private async keepWhileUsersGo(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION keep_last_roles_of_deleted_user() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM take_turn('roles');
        IF OLD.role = 'admin'
          AND NOT EXISTS (SELECT FROM users WHERE role = 'admin' AND is_active AND id <> OLD.id) THEN
          ${REFUSE_LAST_ADMIN};
        END IF;
        IF ${OWNS_ALONE('OLD.id')} THEN
          ${REFUSE_LAST_OWNER};
        END IF;
        RETURN OLD;
      END $$`);
    await pinSearchPath(queryRunner, 'keep_last_roles_of_deleted_user()');
    await queryRunner.query(`
      CREATE TRIGGER tr_users_last_roles_deleted BEFORE DELETE ON users FOR EACH ROW
      WHEN (OLD.is_active) EXECUTE FUNCTION keep_last_roles_of_deleted_user()`);
  }

  /** A team that goes needs nobody; a user who goes was looked at before. */
  private async keepWhileMembershipsChange(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION keep_owner_of_team() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT EXISTS (SELECT FROM teams WHERE id = OLD.team_id) THEN RETURN NULL; END IF;
        PERFORM take_turn('roles');
        IF EXISTS (SELECT FROM users WHERE id = OLD.user_id AND is_active) AND NOT EXISTS (
            SELECT FROM team_memberships m JOIN users u ON u.id = m.user_id
            WHERE m.team_id = OLD.team_id AND m.role = 'owner' AND u.is_active) THEN
          ${REFUSE_LAST_OWNER};
        END IF;
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, 'keep_owner_of_team()');
    await queryRunner.query(`
      CREATE TRIGGER tr_team_memberships_last_owner_changed AFTER UPDATE ON team_memberships FOR EACH ROW
      WHEN (OLD.role = 'owner'
        AND (NEW.role, NEW.team_id, NEW.user_id) IS DISTINCT FROM (OLD.role, OLD.team_id, OLD.user_id))
      EXECUTE FUNCTION keep_owner_of_team()`);
    await queryRunner.query(`
      CREATE TRIGGER tr_team_memberships_last_owner_deleted AFTER DELETE ON team_memberships FOR EACH ROW
      WHEN (OLD.role = 'owner') EXECUTE FUNCTION keep_owner_of_team()`);
  }
}
