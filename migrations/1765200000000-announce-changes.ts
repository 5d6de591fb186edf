import type { MigrationInterface, QueryRunner } from 'typeorm';
import { pinSearchPath } from './pin-search-path';

/** Most users or sessions that one statement names; beyond, everything counts as changed. */
const MOST_NAMED = 1000;

/** What the answer about a user depends on. */
const OF_USERS = [
  'email',
  'email_verified_at IS NULL',
  'name',
  'avatar_url',
  'created_at',
  'is_active',
  'role',
];

/** Columns of the rows `alias`, as one value. */
const values = (alias: string, columns: readonly string[]) =>
  `(${columns.map((column) => `${alias}.${column}`).join(', ')})`;

/** Of rows that were cut off at the bound, no kind may name a part. */
const orAll = (kind: string) => `CASE WHEN count(*) > ${MOST_NAMED} THEN 'all-changed' ELSE '${kind}' END`;

/** Tables with an announcing function, and the operations that it hears of. */
const TABLES = {
  users: ['UPDATE', 'DELETE'],
  sessions: ['UPDATE', 'DELETE'],
  team_memberships: ['INSERT', 'UPDATE', 'DELETE'],
  user_domains: ['INSERT', 'UPDATE', 'DELETE'],
  teams: ['UPDATE', 'DELETE'],
  domains: ['INSERT', 'UPDATE', 'DELETE'],
  user_identities: ['UPDATE', 'DELETE'],
  ended_provider_tokens: ['INSERT'],
} as const;

const TRANSITIONS = {
  INSERT: 'REFERENCING NEW TABLE AS new_rows',
  UPDATE: 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows',
  DELETE: 'REFERENCING OLD TABLE AS old_rows',
} as const;

const BODIES: Readonly<Record<keyof typeof TABLES, string>> = {
  users: `
        IF TG_OP = 'DELETE' THEN
          PERFORM announce('user-ended', array_agg(id)) FROM (SELECT id::text FROM old_rows LIMIT ${MOST_NAMED + 1}) AS r;
        ELSE
          PERFORM announce(${orAll('user-ended')}, array_agg(named) FILTER (WHERE has_ended)),
            announce(${orAll('user-changed')}, array_agg(id) FILTER (WHERE NOT has_ended))
          FROM (
            SELECT o.id::text, (n.tokens_not_before IS DISTINCT FROM o.tokens_not_before
                OR n.is_active IS DISTINCT FROM o.is_active) AS has_ended,
              concat_ws(' ', o.id, to_char(n.tokens_not_before AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) AS named
            FROM old_rows o LEFT JOIN new_rows n ON n.id = o.id
            WHERE n.id IS NULL OR n.tokens_not_before IS DISTINCT FROM o.tokens_not_before
              OR ${values('n', OF_USERS)} IS DISTINCT FROM ${values('o', OF_USERS)}
            LIMIT ${MOST_NAMED + 1}) AS r;
        END IF;`,
  // One that is used again lives on: its later ends are no news. What is over by the clock needs no word.
  sessions: `
        IF TG_OP = 'DELETE' THEN
          PERFORM announce('session-ended', array_agg(id)) FROM (
            SELECT id::text FROM old_rows
            WHERE ended_at IS NULL AND expires_at > now() AND idle_expires_at > now() LIMIT ${MOST_NAMED + 1}) AS r;
        ELSE
          PERFORM announce(${orAll('session-ended')}, array_agg(id) FILTER (WHERE has_ended)),
            announce(${orAll('user-changed')}, array_agg(user_id) FILTER (WHERE NOT has_ended))
          FROM (
            SELECT o.id::text, o.user_id::text, (n.id IS NULL OR n.ended_at IS NOT NULL OR n.user_id <> o.user_id) AS has_ended
            FROM old_rows o LEFT JOIN new_rows n ON n.id = o.id
            WHERE o.ended_at IS NULL AND (n.id IS NULL OR n.ended_at IS NOT NULL
              OR n.expires_at < o.expires_at OR n.idle_expires_at < o.idle_expires_at
              OR (n.user_id, n.token_version, n.created_at, n.reauthenticated_at, n.authentication_methods)
                IS DISTINCT FROM (o.user_id, o.token_version, o.created_at, o.reauthenticated_at, o.authentication_methods))
            LIMIT ${MOST_NAMED + 1}) AS r;
        END IF;`,
  team_memberships: ofAssignments(['user_id', 'team_id', 'role']),
  user_domains: ofAssignments(['user_id', 'domain_id']),
  teams: ofEverybody(['name', 'external_ref', 'is_active'], 'false'),
  // A new one below another is inherited by whoever has that.
  domains: ofEverybody(['key', 'name', 'parent_domain_id', 'is_active'], 'parent_domain_id IS NOT NULL'),
  user_identities: `
        IF TG_OP = 'DELETE' THEN
          PERFORM announce('user-changed', array_agg(id)) FROM (
            SELECT DISTINCT user_id::text AS id FROM old_rows LIMIT ${MOST_NAMED + 1}) AS r;
        ELSE
          PERFORM announce('user-changed', array_agg(id)) FROM (
            SELECT DISTINCT o.user_id::text AS id
            FROM old_rows o LEFT JOIN new_rows n ON (n.issuer, n.subject, n.subject_claim) = (o.issuer, o.subject, o.subject_claim)
            WHERE (n.user_id, n.tokens_refused_until) IS DISTINCT FROM (o.user_id, o.tokens_refused_until)
            LIMIT ${MOST_NAMED + 1}) AS r;
        END IF;`,
  ended_provider_tokens: `
        PERFORM announce('user-changed', array_agg(id)) FROM (
          SELECT DISTINCT i.user_id::text AS id FROM new_rows e
          JOIN user_identities i ON (i.issuer, i.subject) = (e.issuer, e.subject) LIMIT ${MOST_NAMED + 1}) AS r;`,
};

/** A user who was created in the same transaction is not known anywhere yet. */
function ofAssignments(columns: readonly string[]): string {
  return `
        IF TG_OP = 'INSERT' THEN
          PERFORM announce('user-changed', array_agg(id)) FROM (
            SELECT DISTINCT n.user_id::text AS id FROM new_rows n
            WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = n.user_id
              AND u.xmin = pg_current_xact_id()::xid AND u.created_at = now())
            LIMIT ${MOST_NAMED + 1}) AS r;
        ELSIF TG_OP = 'DELETE' THEN
          PERFORM announce('user-changed', array_agg(id)) FROM (
            SELECT DISTINCT user_id::text AS id FROM old_rows LIMIT ${MOST_NAMED + 1}) AS r;
        ELSE
          PERFORM announce('user-changed', array_agg(id)) FROM (
            SELECT DISTINCT either.id::text AS id FROM old_rows o LEFT JOIN new_rows n ON n.id = o.id
            CROSS JOIN LATERAL (VALUES (o.user_id), (n.user_id)) AS either (id)
            WHERE ${values('n', columns)} IS DISTINCT FROM ${values('o', columns)} AND either.id IS NOT NULL
            LIMIT ${MOST_NAMED + 1}) AS r;
        END IF;`;
}

function ofEverybody(columns: readonly string[], isInherited: string): string {
  return `
        IF TG_OP = 'INSERT' THEN
          IF EXISTS (SELECT FROM new_rows WHERE ${isInherited}) THEN PERFORM announce('all-changed', '{*}'); END IF;
        ELSIF TG_OP = 'DELETE' THEN
          IF EXISTS (SELECT FROM old_rows) THEN PERFORM announce('all-changed', '{*}'); END IF;
        ELSIF EXISTS (SELECT FROM old_rows o LEFT JOIN new_rows n ON n.id = o.id
            WHERE n.id IS NULL OR ${values('n', columns)} IS DISTINCT FROM ${values('o', columns)}) THEN
          PERFORM announce('all-changed', '{*}');
        END IF;`;
}

/**
 * Says on the channel `promptstack_auth` whose answers have changed, whoever changes them: ids only, at the commit, one statement
 * at a time. Statements that change nothing of an answer say nothing, and one that changes many says that all have changed. The triggers
 * also fire where `session_replication_role` is `replica`; what is not heard (rows of a logical subscription) is in the ADR.
 */
export class AnnounceChanges1765200000000 implements MigrationInterface {
  readonly name = 'AnnounceChanges1765200000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // A payload may have 8000 bytes.
    await queryRunner.query(`
      CREATE FUNCTION announce(kind text, names text[]) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        IF names IS NULL THEN RETURN; END IF;
        IF kind = 'all-changed' OR cardinality(names) > ${MOST_NAMED} THEN
          PERFORM pg_notify('promptstack_auth', json_build_object('kind', 'all-changed')::text);
          RETURN;
        END IF;
        FOR start IN 1 .. cardinality(names) BY 100 LOOP
          PERFORM pg_notify('promptstack_auth', json_build_object('kind', kind, 'names', names[start : start + 99])::text);
        END LOOP;
      END $$`);
    await pinSearchPath(queryRunner, 'announce(text, text[])');
    for (const [table, operations] of Object.entries(TABLES)) {
      await this.announceChangesOf(queryRunner, table as keyof typeof TABLES, operations);
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const [table, operations] of Object.entries(TABLES)) {
      for (const operation of [...operations, 'TRUNCATE'])
        await queryRunner.query(`DROP TRIGGER tr_${table}_announce_${operation.toLowerCase()} ON ${table}`);
      await queryRunner.query(`DROP FUNCTION announce_changes_of_${table}()`);
    }
    await queryRunner.query(`DROP FUNCTION announce(text, text[])`);
  }

  private async announceChangesOf(
    queryRunner: QueryRunner,
    table: keyof typeof TABLES,
    operations: readonly (keyof typeof TRANSITIONS)[],
  ): Promise<void> {
    await queryRunner.query(`
      CREATE FUNCTION announce_changes_of_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'TRUNCATE' THEN
          PERFORM announce('all-changed', '{*}');
          RETURN NULL;
        END IF;${BODIES[table]}
        RETURN NULL;
      END $$`);
    await pinSearchPath(queryRunner, `announce_changes_of_${table}()`);
    for (const operation of [...operations, 'TRUNCATE'] as const) {
      const transitions = operation === 'TRUNCATE' ? '' : TRANSITIONS[operation];
      const name = `tr_${table}_announce_${operation.toLowerCase()}`;
      await queryRunner.query(`
        CREATE TRIGGER ${name} AFTER ${operation} ON ${table} ${transitions}
        FOR EACH STATEMENT EXECUTE FUNCTION announce_changes_of_${table}()`);
      await queryRunner.query(`ALTER TABLE ${table} ENABLE ALWAYS TRIGGER ${name}`);
    }
  }
}
