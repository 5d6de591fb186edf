import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Functions of triggers that join the rows before a statement with those after it; those of teams and domains are so already. */
const FUNCTIONS = [
  'users',
  'sessions',
  'team_memberships',
  'user_domains',
  'user_identities',
  'service_accounts',
  'service_keys',
].map((table) => `announce_changes_of_${table}()`);

/**
 * Keeps nested loops out of their plans: a plan that was made for a statement of one row is kept for the connection, and would pair
 * ten thousand rows one by one (seen with PostgreSQL 18.4, `findings/postgresql-keeps-the-plan-of-transition-tables.sh`).
 */
export class PlanAnnouncementsForManyRows1796300000000 implements MigrationInterface {
  readonly name = 'PlanAnnouncementsForManyRows1796300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const name of FUNCTIONS) await queryRunner.query(`ALTER FUNCTION ${name} SET enable_nestloop = off`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const name of FUNCTIONS) await queryRunner.query(`ALTER FUNCTION ${name} RESET enable_nestloop`);
  }
}
