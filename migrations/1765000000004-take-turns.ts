import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * For rules about several rows at once, which no constraint can keep: whoever may break one takes its turn first, and holds it
 * until the transaction ends. The lock lets the next one see what the one before has done (READ COMMITTED); the row that each
 * one writes stops those that cannot see it, with a serialization failure (REPEATABLE READ, SERIALIZABLE). The row is written
 * once a transaction; where a restore has not brought it yet, the lock alone holds.
 */
export class TakeTurns1765000000004 implements MigrationInterface {
  readonly name = 'TakeTurns1765000000004';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE turns (
        rule text NOT NULL,
        taken_by xid8,
        CONSTRAINT pk_turns PRIMARY KEY (rule)
      )`);
    await queryRunner.query(`INSERT INTO turns (rule) VALUES ('roles'), ('domain-tree'), ('defaults')`);
    await queryRunner.query(`
      CREATE FUNCTION take_turn(which text) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('turns:' || which, 0));
        UPDATE turns SET taken_by = pg_current_xact_id()
        WHERE rule = which AND taken_by IS DISTINCT FROM pg_current_xact_id();
      END $$`);
    await pinSearchPath(queryRunner, 'take_turn(text)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION take_turn(text)`);
    await queryRunner.query(`DROP TABLE turns`);
  }
}
