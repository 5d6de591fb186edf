import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/** Lets existing functions find our tables with any `search_path` of the session: a data-only restore has none. */
export class PinSearchPaths1764600000000 implements MigrationInterface {
  readonly name = 'PinSearchPaths1764600000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await pinSearchPath(queryRunner, 'forbid_domain_cycle()');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER FUNCTION forbid_domain_cycle() RESET search_path`);
  }
}
