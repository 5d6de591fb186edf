import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a user's address was verified; null until then. */
export class RememberProvenAddresses1763910000000 implements MigrationInterface {
  readonly name = 'RememberProvenAddresses1763910000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE users ADD COLUMN email_verified_at timestamptz`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE users DROP COLUMN email_verified_at`);
  }
}
