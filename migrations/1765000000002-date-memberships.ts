import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When a membership or assignment began; null (unknown) for those older than this migration. */
export class DateMemberships1765000000002 implements MigrationInterface {
  readonly name = 'DateMemberships1765000000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    // A default that comes later than its column is that of new rows alone, and no row is rewritten.
    await queryRunner.query(`ALTER TABLE team_memberships ADD COLUMN joined_at timestamptz`);
    await queryRunner.query(`ALTER TABLE team_memberships ALTER COLUMN joined_at SET DEFAULT now()`);
    await queryRunner.query(`ALTER TABLE user_domains ADD COLUMN assigned_at timestamptz`);
    await queryRunner.query(`ALTER TABLE user_domains ALTER COLUMN assigned_at SET DEFAULT now()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE user_domains DROP COLUMN assigned_at`);
    await queryRunner.query(`ALTER TABLE team_memberships DROP COLUMN joined_at`);
  }
}
