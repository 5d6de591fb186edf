import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/**
 * The audit log: one partition a month, each row chained by a keyed hash to the one before it in its stream. `audit_heads` holds where
 * each stream ends. The serving role inserts and reads; partitions come and go by functions that run as the owner and take no
 * argument, so that nobody drops more than `audit_retention` says. Ids only, and no foreign keys: an event outlives its user.
 */
export class CreateAuditLog1765300000010 implements MigrationInterface {
  readonly name = 'CreateAuditLog1765300000010';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE audit_events (
        id uuid NOT NULL,
        stream uuid NOT NULL,
        seq bigint NOT NULL,
        time timestamptz(3) NOT NULL,
        type text NOT NULL,
        outcome text NOT NULL,
        request_id text,
        actor_kind text,
        actor_id text,
        target_kind text,
        target_id text,
        ip text,
        user_agent text,
        changes json,
        details json,
        mac bytea NOT NULL,
        CONSTRAINT ck_audit_events_outcome CHECK (outcome IN ('success', 'failure', 'denied'))
      ) PARTITION BY RANGE (time)`);
    // No primary key: pg_dump 15 --clean writes a DROP for the one of each partition, which the server refuses.
    await queryRunner.query(`CREATE UNIQUE INDEX uq_audit_events_id ON audit_events (time, id)`);
    await queryRunner.query(`CREATE INDEX ix_audit_events_stream ON audit_events (stream, seq)`);
    await queryRunner.query(`CREATE INDEX ix_audit_events_actor ON audit_events (actor_id, time, id)`);
    await queryRunner.query(`CREATE INDEX ix_audit_events_target ON audit_events (target_id, time, id)`);
    await queryRunner.query(`
      CREATE TABLE audit_heads (
        stream uuid NOT NULL,
        day date NOT NULL,
        seq bigint NOT NULL,
        mac bytea NOT NULL,
        CONSTRAINT pk_audit_heads PRIMARY KEY (stream)
      ) WITH (fillfactor = 50)`);
    await queryRunner.query(`
      CREATE TABLE audit_retention (
        only_row boolean NOT NULL DEFAULT true,
        days integer NOT NULL DEFAULT 365,
        CONSTRAINT pk_audit_retention PRIMARY KEY (only_row),
        CONSTRAINT ck_audit_retention_only_row CHECK (only_row)
      )`);
    await queryRunner.query(`INSERT INTO audit_retention DEFAULT VALUES`);
    await queryRunner.query(`
      CREATE FUNCTION audit_create_partitions() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
      DECLARE
        month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month';
        last timestamp := date_trunc('month', now() AT TIME ZONE 'UTC') + interval '3 months';
      BEGIN
        WHILE month <= last LOOP
          IF to_regclass('audit_events_' || to_char(month, 'YYYYMM')) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)',
              'audit_events_' || to_char(month, 'YYYYMM'), month || '+00', month + interval '1 month' || '+00');
          END IF;
          month := month + interval '1 month';
        END LOOP;
      END $$`);
    await queryRunner.query(`
      CREATE FUNCTION audit_drop_expired() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $$
      DECLARE
        partition record;
        ends timestamp;
        dropped integer := 0;
      BEGIN
        FOR partition IN
          SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = 'audit_events'::regclass AND c.relname ~ '^audit_events_[0-9]{6}$'
        LOOP
          ends := to_date(right(partition.relname, 6), 'YYYYMM') + interval '1 month';
          IF ends < (now() AT TIME ZONE 'UTC') - make_interval(days => (SELECT days FROM audit_retention)) THEN
            EXECUTE format('DROP TABLE %I', partition.relname);
            DELETE FROM audit_heads WHERE day < ends;
            dropped := dropped + 1;
          END IF;
        END LOOP;
        RETURN dropped;
      END $$`);
    await pinSearchPath(queryRunner, 'audit_create_partitions()');
    await pinSearchPath(queryRunner, 'audit_drop_expired()');
    await queryRunner.query(`SELECT audit_create_partitions()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION audit_drop_expired()`);
    await queryRunner.query(`DROP FUNCTION audit_create_partitions()`);
    await queryRunner.query(`DROP TABLE audit_retention`);
    await queryRunner.query(`DROP TABLE audit_heads`);
    await queryRunner.query(`DROP TABLE audit_events`);
  }
}
