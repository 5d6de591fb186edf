import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * Domains stay a tree of at most 32 levels, whatever changes it at once, in one statement of many rows or in transactions of any
 * isolation level. The check before stood in front of each row, and missed two new rows that were each other's parents, and
 * what its snapshot did not show. Deeper branches of before stay, and take nothing more below them.
 */
export class KeepDomainsATree1765000000006 implements MigrationInterface {
  readonly name = 'KeepDomainsATree1765000000006';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_domains_no_cycle ON domains`);
    await queryRunner.query(`DROP FUNCTION forbid_domain_cycle()`);
    // Before any row is locked: who waits for the turn holds nothing that another one of the tree waits for.
    await queryRunner.query(`
      CREATE FUNCTION take_turn_at_domains() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM take_turn('domain-tree');
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, 'take_turn_at_domains()');
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_take_turn BEFORE INSERT OR UPDATE OF parent_domain_id ON domains
      FOR EACH STATEMENT EXECUTE FUNCTION take_turn_at_domains()`);
    await queryRunner.query(`
      CREATE FUNCTION keep_domains_a_tree() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        levels int;
        is_cycle boolean;
      BEGIN
        WITH RECURSIVE path (id, parent_domain_id, level) AS (
          SELECT NEW.id, NEW.parent_domain_id, 1
          UNION ALL
          SELECT d.id, d.parent_domain_id, path.level + 1
          FROM path JOIN domains d ON d.id = path.parent_domain_id
          WHERE path.level <= 32 AND (path.level = 1 OR path.id <> NEW.id)
        )
        SELECT max(level), bool_or(level > 1 AND id = NEW.id) INTO levels, is_cycle FROM path;
        IF is_cycle THEN
          RAISE EXCEPTION 'domain % would be its own ancestor', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_domains_no_cycle', TABLE = 'domains';
        END IF;
        IF TG_OP = 'UPDATE' AND levels <= 32 THEN -- a new row brings nothing below it that is not new and looked at itself
          WITH RECURSIVE below (id, level) AS (
            SELECT NEW.id, levels
            UNION ALL
            SELECT d.id, below.level + 1 FROM below JOIN domains d ON d.parent_domain_id = below.id
            WHERE below.level <= 32
          )
          SELECT max(level) INTO levels FROM below;
        END IF;
        IF levels > 32 THEN
          RAISE EXCEPTION 'domain % would be, or have one below it, on a level beyond 32', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_domains_depth', TABLE = 'domains';
        END IF;
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, 'keep_domains_a_tree()');
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_tree_grows AFTER INSERT ON domains FOR EACH ROW
      WHEN (NEW.parent_domain_id IS NOT NULL) EXECUTE FUNCTION keep_domains_a_tree()`);
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_tree_moves AFTER UPDATE OF parent_domain_id ON domains FOR EACH ROW
      WHEN (NEW.parent_domain_id IS NOT NULL AND NEW.parent_domain_id IS DISTINCT FROM OLD.parent_domain_id)
      EXECUTE FUNCTION keep_domains_a_tree()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const trigger of ['tree_moves', 'tree_grows', 'take_turn'])
      await queryRunner.query(`DROP TRIGGER tr_domains_${trigger} ON domains`);
    await queryRunner.query(`DROP FUNCTION keep_domains_a_tree()`);
    await queryRunner.query(`DROP FUNCTION take_turn_at_domains()`);
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
    await pinSearchPath(queryRunner, 'forbid_domain_cycle()');
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_no_cycle BEFORE INSERT OR UPDATE OF parent_domain_id ON domains
      FOR EACH ROW WHEN (NEW.parent_domain_id IS NOT NULL) EXECUTE FUNCTION forbid_domain_cycle()`);
  }
}
