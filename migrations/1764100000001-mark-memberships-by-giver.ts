import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * Keeps what is given by hand and what each provider gives apart: two marks on the row that do not touch each other. Triggers
 * let plain SQL mean "by hand", and keep `provider_issuer` as version 1.0.0 reads and writes it, so that both versions can run
 * at once; the next release removes that column.
 */
export class MarkMembershipsByGiver1764100000001 implements MigrationInterface {
  readonly name = 'MarkMembershipsByGiver1764100000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await this.addMarks(queryRunner, 'team_memberships', 'role IS NOT NULL');
    await this.addMarks(queryRunner, 'user_domains', 'false');
    await queryRunner.query(`
      ALTER TABLE team_memberships
        ADD CONSTRAINT ck_team_memberships_role_by_hand CHECK (given_by_hand OR role IS NULL)`);

    // A role is given by hand: whoever sets one marks the row, whoever takes the mark away takes the role too.
    await queryRunner.query(`
      CREATE FUNCTION mark_team_membership() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.provider_issuer IS NOT NULL AND NEW.provider_issuers = '{}' THEN -- by version 1.0.0
            NEW.provider_issuers := ARRAY[NEW.provider_issuer];
            NEW.given_by_hand := false;
          ELSIF NEW.given_by_hand AND NEW.provider_issuers = '{}' THEN
            UPDATE team_memberships SET given_by_hand = true, role = NEW.role
            WHERE user_id = NEW.user_id AND team_id = NEW.team_id AND NOT given_by_hand;
            IF FOUND THEN RETURN NULL; END IF;
          END IF;
        ELSIF OLD.given_by_hand AND NOT NEW.given_by_hand THEN
          NEW.role := NULL;
        ELSIF NEW.provider_issuer IS NULL AND OLD.provider_issuer IS NOT NULL
          AND NEW.provider_issuers = OLD.provider_issuers THEN -- as version 1.0.0 says "by hand"
          NEW.given_by_hand := true;
        END IF;
        NEW.given_by_hand := NEW.given_by_hand OR NEW.role IS NOT NULL;
        NEW.provider_issuer := CASE
          WHEN NOT NEW.given_by_hand AND cardinality(NEW.provider_issuers) = 1 THEN NEW.provider_issuers[1] END;
        RETURN NEW;
      END $$`);
    await queryRunner.query(`
      CREATE FUNCTION mark_user_domain() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'INSERT' THEN
          IF NEW.provider_issuer IS NOT NULL AND NEW.provider_issuers = '{}' THEN -- by version 1.0.0
            NEW.provider_issuers := ARRAY[NEW.provider_issuer];
            NEW.given_by_hand := false;
          ELSIF NEW.given_by_hand AND NEW.provider_issuers = '{}' THEN
            UPDATE user_domains SET given_by_hand = true
            WHERE user_id = NEW.user_id AND domain_id = NEW.domain_id AND NOT given_by_hand;
            IF FOUND THEN RETURN NULL; END IF;
          END IF;
        ELSIF NEW.provider_issuer IS NULL AND OLD.provider_issuer IS NOT NULL
          AND NEW.provider_issuers = OLD.provider_issuers THEN -- as version 1.0.0 says "by hand"
          NEW.given_by_hand := true;
        END IF;
        NEW.provider_issuer := CASE
          WHEN NOT NEW.given_by_hand AND cardinality(NEW.provider_issuers) = 1 THEN NEW.provider_issuers[1] END;
        RETURN NEW;
      END $$`);

    // A DELETE takes back what was given by hand; the row stays while a provider gives it too.
    await queryRunner.query(`
      CREATE FUNCTION keep_team_membership_of_provider() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE team_memberships SET given_by_hand = false WHERE id = OLD.id;
        RETURN NULL;
      END $$`);
    await queryRunner.query(`
      CREATE FUNCTION keep_user_domain_of_provider() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE user_domains SET given_by_hand = false WHERE id = OLD.id;
        RETURN NULL;
      END $$`);

    for (const [table, mark, keep] of [
      ['team_memberships', 'mark_team_membership', 'keep_team_membership_of_provider'],
      ['user_domains', 'mark_user_domain', 'keep_user_domain_of_provider'],
    ] as const) {
      await pinSearchPath(queryRunner, `${mark}()`);
      await pinSearchPath(queryRunner, `${keep}()`);
      await queryRunner.query(`
        CREATE TRIGGER tr_${table}_marks BEFORE INSERT OR UPDATE ON ${table}
        FOR EACH ROW EXECUTE FUNCTION ${mark}()`);
      // Not below another trigger: the rows of a deleted user, team or domain go with it.
      await queryRunner.query(`
        CREATE TRIGGER tr_${table}_keep_of_provider BEFORE DELETE ON ${table} FOR EACH ROW
        WHEN (OLD.given_by_hand AND OLD.provider_issuers <> '{}' AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION ${keep}()`);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [table, mark, keep] of [
      ['user_domains', 'mark_user_domain', 'keep_user_domain_of_provider'],
      ['team_memberships', 'mark_team_membership', 'keep_team_membership_of_provider'],
    ] as const) {
      await queryRunner.query(`DROP TRIGGER tr_${table}_keep_of_provider ON ${table}`);
      await queryRunner.query(`DROP TRIGGER tr_${table}_marks ON ${table}`);
      await queryRunner.query(`DROP FUNCTION ${keep}()`);
      await queryRunner.query(`DROP FUNCTION ${mark}()`);
      // Of several providers version 1.0.0 knows one.
      await queryRunner.query(`
        UPDATE ${table} SET provider_issuer = provider_issuers[1] WHERE NOT given_by_hand`);
    }
    await queryRunner.query(`ALTER TABLE team_memberships DROP CONSTRAINT ck_team_memberships_role_by_hand`);
    for (const table of ['user_domains', 'team_memberships']) {
      await queryRunner.query(`ALTER TABLE ${table} DROP CONSTRAINT ck_${table}_given`);
      await queryRunner.query(`ALTER TABLE ${table} DROP COLUMN provider_issuers, DROP COLUMN given_by_hand`);
    }
  }

  private async addMarks(queryRunner: QueryRunner, table: string, alsoByHand: string): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE ${table}
        ADD COLUMN given_by_hand boolean NOT NULL DEFAULT true,
        ADD COLUMN provider_issuers text[] NOT NULL DEFAULT '{}'`);
    await queryRunner.query(`
      UPDATE ${table} SET given_by_hand = ${alsoByHand}, provider_issuers = ARRAY[provider_issuer],
        provider_issuer = CASE WHEN NOT (${alsoByHand}) THEN provider_issuer END
      WHERE provider_issuer IS NOT NULL`);
    await queryRunner.query(`
      ALTER TABLE ${table}
        ADD CONSTRAINT ck_${table}_given CHECK (given_by_hand OR provider_issuers <> '{}')`);
  }
}
