import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `users.role`: `admin` administers the whole service. No user has it until an operator grants it. */
export class AddPlatformRoles1765000000000 implements MigrationInterface {
  readonly name = 'AddPlatformRoles1765000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE users
        ADD COLUMN role text NOT NULL DEFAULT 'user',
        ADD CONSTRAINT ck_users_role CHECK (role IN ('user', 'admin'))`);
    // Few rows of many: listed, and counted whenever one of them is to go.
    await queryRunner.query(`CREATE INDEX ix_users_admins ON users (id) WHERE role = 'admin'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX ix_users_admins`);
    await queryRunner.query(`ALTER TABLE users DROP COLUMN role`);
  }
}
