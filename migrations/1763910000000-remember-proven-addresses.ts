import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when an account's address is known to be its person's: null until somebody vouches for it. */
export class RememberProvenAddresses1763910000000 implements MigrationInterface {
  readonly name = 'RememberProvenAddresses1763910000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE users ADD COLUMN email_verified_at timestamptz`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE users DROP COLUMN email_verified_at`);
  }
}
