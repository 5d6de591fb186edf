import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Allows the team roles that mean something. Until now the column took any text and gave no rights: the known roles keep their
 * meaning in whatever letter case they were written, any other text becomes null, which reads as `member`.
 */
export class RestrictTeamRoles1765000000001 implements MigrationInterface {
  readonly name = 'RestrictTeamRoles1765000000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DO $$
      DECLARE
        unknown bigint;
      BEGIN
        UPDATE team_memberships SET role = lower(btrim(role, E' \\t\\r\\n'))
        WHERE lower(btrim(role, E' \\t\\r\\n')) IN ('owner', 'admin', 'member')
          AND role NOT IN ('owner', 'admin', 'member');
        UPDATE team_memberships SET role = NULL WHERE role NOT IN ('owner', 'admin', 'member');
        GET DIAGNOSTICS unknown = ROW_COUNT;
        IF unknown > 0 THEN
          RAISE NOTICE '% memberships had another role than owner, admin or member: they have none now', unknown;
        END IF;
      END $$`);
    await queryRunner.query(`
      ALTER TABLE team_memberships
        ADD CONSTRAINT ck_team_memberships_role CHECK (role IN ('owner', 'admin', 'member'))`);
    await queryRunner.query(
      `CREATE INDEX ix_team_memberships_owners ON team_memberships (team_id) WHERE role = 'owner'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX ix_team_memberships_owners`);
    await queryRunner.query(`ALTER TABLE team_memberships DROP CONSTRAINT ck_team_memberships_role`);
  }
}
