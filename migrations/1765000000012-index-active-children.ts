import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each check of a user walks down from their domains: every step is answered from this index alone. */
export class IndexActiveChildren1765000000012 implements MigrationInterface {
  readonly name = 'IndexActiveChildren1765000000012';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX ix_domains_active_children ON domains (parent_domain_id) INCLUDE (id, key) WHERE is_active`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX ix_domains_active_children`);
  }
}
