import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

const ANNOUNCING = ['announce_changes_of_domains()', 'announce_changes_of_teams()'];

/**
 * `domains.active_path`: the ids from the highest domain that a domain inherits from down to itself, 16 bytes each; null while the domain is
 * inactive. Nothing is inherited through an inactive domain, so the path of one below such a domain begins with itself. Whatever is
 * inherited from a domain follows it in the index on that column, which holds id and key.
 *
 * Triggers keep it after each statement that makes, moves, or switches domains, SQL by hand included. Two that might change one path
 * come one after the other, by the turn of the tree, which switching now takes too.
 */
export class KeepPathsOfDomains1796000000000 implements MigrationInterface {
  readonly name = 'KeepPathsOfDomains1796000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`SELECT take_turn('domain-tree')`);
    await queryRunner.query(`ALTER TABLE domains ADD COLUMN active_path bytea`);
    await this.createFunction(queryRunner);
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_path_new AFTER INSERT ON domains REFERENCING NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION set_active_paths()`);
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_path_changed AFTER UPDATE ON domains REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
      FOR EACH STATEMENT EXECUTE FUNCTION set_active_paths()`);
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_take_turn_to_switch BEFORE UPDATE OF is_active ON domains
      FOR EACH STATEMENT EXECUTE FUNCTION take_turn_at_domains()`);
    // A plan made for one row is kept for the connection, and pairs ten thousand rows one by one.
    for (const name of ANNOUNCING)
      await queryRunner.query(`ALTER FUNCTION ${name} SET enable_nestloop = off`);
    await queryRunner.query(`UPDATE domains SET is_active = is_active`);
    await queryRunner.query(`DROP INDEX ix_domains_active_children`);
    await queryRunner.query(`
      CREATE INDEX ix_domains_active_path ON domains (active_path) INCLUDE (id, key) WHERE active_path IS NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const trigger of ['take_turn_to_switch', 'path_changed', 'path_new'])
      await queryRunner.query(`DROP TRIGGER tr_domains_${trigger} ON domains`);
    await queryRunner.query(`DROP FUNCTION set_active_paths()`);
    for (const name of ANNOUNCING) await queryRunner.query(`ALTER FUNCTION ${name} RESET enable_nestloop`);
    await queryRunner.query(
      `CREATE INDEX ix_domains_active_children ON domains (parent_domain_id) INCLUDE (id, key) WHERE is_active`,
    );
    await queryRunner.query(`ALTER TABLE domains DROP COLUMN active_path`);
  }

  /** What it writes is no change of its own kind: it does not call itself a second time. */
  private async createFunction(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION set_active_paths() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE
        changed uuid[];
      BEGIN
        IF TG_OP = 'INSERT' THEN
          SELECT array_agg(id) INTO changed FROM new_rows;
        ELSE
          SELECT array_agg(n.id) INTO changed FROM new_rows n LEFT JOIN old_rows o ON o.id = n.id
          WHERE (n.parent_domain_id, n.is_active) IS DISTINCT FROM (o.parent_domain_id, o.is_active)
            OR n.is_active <> (n.active_path IS NOT NULL);
        END IF;
        IF changed IS NULL THEN
          RETURN NULL;
        END IF;
        WITH RECURSIVE affected (id) AS (
          SELECT unnest(changed)
          UNION
          SELECT d.id FROM affected a JOIN domains d ON d.parent_domain_id = a.id
        ), walk (id, path) AS (
          SELECT d.id, CASE WHEN d.is_active THEN coalesce(above.active_path, '') || uuid_send(d.id) END
          FROM affected a JOIN domains d ON d.id = a.id LEFT JOIN domains above ON above.id = d.parent_domain_id
          WHERE NOT EXISTS (SELECT FROM affected other WHERE other.id = d.parent_domain_id)
          UNION ALL
          SELECT d.id, CASE WHEN d.is_active THEN coalesce(w.path, '') || uuid_send(d.id) END
          FROM walk w JOIN domains d ON d.parent_domain_id = w.id
        )
        UPDATE domains d SET active_path = w.path FROM walk w
        WHERE d.id = w.id AND d.active_path IS DISTINCT FROM w.path;
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, 'set_active_paths()');
  }
}
