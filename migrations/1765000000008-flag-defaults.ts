import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * The team and the domain of new users are found by a flag: a name can be taken by another team. Setting the flag moves it, and
 * what has it cannot be deleted. Until now it was those of a name and a key; version 1.0.0 goes on looking for these.
 */
export class FlagDefaults1765000000008 implements MigrationInterface {
  readonly name = 'FlagDefaults1765000000008';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION move_default() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM take_turn('defaults');
        EXECUTE format('UPDATE %I SET is_default = false WHERE is_default AND id <> $1', TG_TABLE_NAME) USING NEW.id;
        RETURN NEW;
      END $$`);
    await pinSearchPath(queryRunner, 'move_default()');
    await queryRunner.query(`
      CREATE FUNCTION keep_default() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'new users come into this one: let another one be the default first'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_default_in_use', TABLE = TG_TABLE_NAME;
      END $$`);
    await pinSearchPath(queryRunner, 'keep_default()');
    await this.flag(queryRunner, 'teams', `name = 'General'`);
    await this.flag(queryRunner, 'domains', `key = 'engineering'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['domains', 'teams']) {
      for (const trigger of ['default_in_use', 'default_moves', 'default_comes'])
        await queryRunner.query(`DROP TRIGGER tr_${table}_${trigger} ON ${table}`);
      await queryRunner.query(`ALTER TABLE ${table} DROP COLUMN is_default`); // and its index
    }
    await queryRunner.query(`DROP FUNCTION keep_default()`);
    await queryRunner.query(`DROP FUNCTION move_default()`);
  }

  private async flag(queryRunner: QueryRunner, table: string, isDefault: string): Promise<void> {
    await queryRunner.query(`ALTER TABLE ${table} ADD COLUMN is_default boolean NOT NULL DEFAULT false`);
    await queryRunner.query(`UPDATE ${table} SET is_default = true WHERE ${isDefault}`);
    await queryRunner.query(
      `CREATE UNIQUE INDEX ix_${table}_is_default ON ${table} (is_default) WHERE is_default`,
    );
    await queryRunner.query(`
      CREATE TRIGGER tr_${table}_default_comes BEFORE INSERT ON ${table} FOR EACH ROW
      WHEN (NEW.is_default) EXECUTE FUNCTION move_default()`);
    await queryRunner.query(`
      CREATE TRIGGER tr_${table}_default_moves BEFORE UPDATE OF is_default ON ${table} FOR EACH ROW
      WHEN (NEW.is_default AND NOT OLD.is_default) EXECUTE FUNCTION move_default()`);
    await queryRunner.query(`
      CREATE TRIGGER tr_${table}_default_in_use BEFORE DELETE ON ${table} FOR EACH ROW
      WHEN (OLD.is_default) EXECUTE FUNCTION keep_default()`);
  }
}
