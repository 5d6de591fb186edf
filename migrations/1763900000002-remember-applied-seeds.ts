import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which default rows have been created once. */
export class RememberAppliedSeeds1763900000002 implements MigrationInterface {
  readonly name = 'RememberAppliedSeeds1763900000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE applied_seeds (
        key text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_applied_seeds PRIMARY KEY (key)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE applied_seeds`);
  }
}
