import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * New keys of domains are `[a-z0-9][a-z0-9-]{0,62}`. Version 1.0.0 took any text, and providers name such keys in their claims:
 * a domain that has one keeps it, and everything else of it can be changed. A CHECK, also one that is NOT VALID, would refuse
 * that, since it looks at the whole row again.
 */
export class RestrictDomainKeys1765000000007 implements MigrationInterface {
  readonly name = 'RestrictDomainKeys1765000000007';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION refuse_domain_key() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the key of domain % has another form than [a-z0-9][a-z0-9-]{0,62}', NEW.id
          USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_domains_key', TABLE = 'domains', COLUMN = 'key';
      END $$`);
    await pinSearchPath(queryRunner, 'refuse_domain_key()');
    const isMalformed = `NEW.key COLLATE "C" !~ '^[a-z0-9][a-z0-9-]{0,62}$'`;
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_key_new BEFORE INSERT ON domains FOR EACH ROW
      WHEN (${isMalformed}) EXECUTE FUNCTION refuse_domain_key()`);
    await queryRunner.query(`
      CREATE TRIGGER tr_domains_key_changed BEFORE UPDATE OF key ON domains FOR EACH ROW
      WHEN (NEW.key <> OLD.key AND ${isMalformed}) EXECUTE FUNCTION refuse_domain_key()`);
    await queryRunner.query(`
      DO $$
      DECLARE
        malformed bigint;
      BEGIN
        SELECT count(*) INTO malformed FROM domains WHERE key COLLATE "C" !~ '^[a-z0-9][a-z0-9-]{0,62}$';
        IF malformed > 0 THEN
          RAISE NOTICE '% domains have a key of another form than [a-z0-9][a-z0-9-]{0,62}, and keep it', malformed;
        END IF;
      END $$`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER tr_domains_key_changed ON domains`);
    await queryRunner.query(`DROP TRIGGER tr_domains_key_new ON domains`);
    await queryRunner.query(`DROP FUNCTION refuse_domain_key()`);
  }
}
