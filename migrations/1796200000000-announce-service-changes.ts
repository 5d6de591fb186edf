import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

const TRANSITIONS = {
  INSERT: 'REFERENCING NEW TABLE AS new_rows',
  UPDATE: 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows',
  DELETE: 'REFERENCING OLD TABLE AS old_rows',
  TRUNCATE: '',
} as const;

/** Tables that a decision on a service's credential depends on, the operations that can end one, and the columns that count. */
const TABLES = {
  service_accounts: { operations: ['UPDATE', 'DELETE', 'TRUNCATE'], columns: ['name', 'scopes', 'owner_id'] },
  service_keys: {
    operations: ['UPDATE', 'DELETE', 'TRUNCATE'],
    columns: ['account_id', 'secret_hash', 'expires_at'],
  },
  ended_service_tokens: { operations: ['INSERT', 'TRUNCATE'], columns: [] },
} as const;

/**
 * Says on the channel `promptstack_auth` that credentials of services have changed, whoever changes them: `services-changed`, without
 * ids, since they are few. A use of a key says nothing.
 */
export class AnnounceServiceChanges1796200000000 implements MigrationInterface {
  readonly name = 'AnnounceServiceChanges1796200000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [table, { operations, columns }] of Object.entries(TABLES)) {
      await queryRunner.query(`
        CREATE FUNCTION announce_changes_of_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          ${columns.length > 0 ? UPDATES(columns) : INSERTS}
          RETURN NULL;
        END $$`);
      await pinSearchPath(queryRunner, `announce_changes_of_${table}()`);
      for (const operation of operations) {
        const name = `tr_${table}_announce_${operation.toLowerCase()}`;
        await queryRunner.query(`
          CREATE TRIGGER ${name} AFTER ${operation} ON ${table} ${TRANSITIONS[operation]}
          FOR EACH STATEMENT EXECUTE FUNCTION announce_changes_of_${table}()`);
        await queryRunner.query(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name}`);
      }
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [table, { operations }] of Object.entries(TABLES)) {
      for (const operation of operations)
        await queryRunner.query(`DROP TRIGGER tr_${table}_announce_${operation.toLowerCase()} ON ${table}`);
      await queryRunner.query(`DROP FUNCTION announce_changes_of_${table}()`);
    }
  }
}

const ANNOUNCE = `PERFORM announce('services-changed', '{*}');`;

const INSERTS = `
          IF TG_OP = 'TRUNCATE' THEN
            ${ANNOUNCE}
          ELSIF EXISTS (SELECT FROM new_rows) THEN
            ${ANNOUNCE}
          END IF;`;

const UPDATES = (columns: readonly string[]) => {
  const values = (alias: string) => `(${columns.map((column) => `${alias}.${column}`).join(', ')})`;
  return `
          IF TG_OP = 'TRUNCATE' THEN
            ${ANNOUNCE}
          ELSIF TG_OP = 'DELETE' THEN
            IF EXISTS (SELECT FROM old_rows) THEN ${ANNOUNCE} END IF;
          ELSIF EXISTS (SELECT FROM old_rows o LEFT JOIN new_rows n ON n.id = o.id
              WHERE n.id IS NULL OR ${values('n')} IS DISTINCT FROM ${values('o')}) THEN
            ${ANNOUNCE}
          END IF;`;
};
