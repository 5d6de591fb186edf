import type { QueryRunner } from 'typeorm';

/**
 * Pins the `search_path` of a function to the schema that the tables are in. To be called after every CREATE FUNCTION and
 * CREATE OR REPLACE FUNCTION (which forgets the pin): restores, logical replication and sessions with a `search_path` of
 * their own run triggers too, and would not find our tables. `pg_temp` comes last, so that nobody's temporary table
 * stands in for one of ours.
 *
 * @param signature name and argument types, such as `forbid_domain_cycle()`
 */
export async function pinSearchPath(queryRunner: QueryRunner, signature: string): Promise<void> {
  await queryRunner.query(`
    DO $$ BEGIN
      EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', '${signature}'::regprocedure, current_schema());
    END $$`);
}
