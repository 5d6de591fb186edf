import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The provider that a membership came from; null for those granted by hand. */
export class MarkMembershipsOfProviders1763910000002 implements MigrationInterface {
  readonly name = 'MarkMembershipsOfProviders1763910000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE team_memberships ADD COLUMN provider_issuer text`);
    await queryRunner.query(`ALTER TABLE user_domains ADD COLUMN provider_issuer text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE user_domains DROP COLUMN provider_issuer`);
    await queryRunner.query(`ALTER TABLE team_memberships DROP COLUMN provider_issuer`);
  }
}
