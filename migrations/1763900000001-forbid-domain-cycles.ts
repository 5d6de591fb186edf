import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Refuses a parent that is a descendant. The advisory lock makes changes of the tree wait for each other: without it,
 * two transactions could each make one half of a cycle and not see the other's.
 */
export class ForbidDomainCycles1763900000001 implements MigrationInterface {
  readonly name = 'ForbidDomainCycles1763900000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION forbid_domain_cycle() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtext('domains.parent_domain_id'));
        IF EXISTS (
          WITH RECURSIVE ancestors (id, parent_domain_id) AS (
            SELECT id, parent_domain_id FROM domains WHERE id = NEW.parent_domain_id
            UNION
            SELECT domains.id, domains.parent_domain_id
            FROM domains JOIN ancestors ON domains.id = ancestors.parent_domain_id
          )
          SELECT FROM ancestors WHERE id = NEW.id
        ) THEN
          RAISE EXCEPTION 'domain % would be its own ancestor', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_domains_no_cycle', TABLE = 'domains';
        END IF;
        RETURN NEW;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_no_cycle BEFORE INSERT OR UPDATE OF parent_domain_id ON domains
      FOR EACH ROW WHEN (NEW.parent_domain_id IS NOT NULL) EXECUTE FUNCTION forbid_domain_cycle()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_domains_no_cycle ON domains`);
    await queryRunner.query(`DROP FUNCTION forbid_domain_cycle()`);
  }
}
