import { askOnce, type ConnectionTarget } from '../database/listening-connection';

/** The channel on which the triggers announce changes. */
export const CHANNEL = 'promptstack_auth';

/** Triggers without which a change would not be heard of, by table. */
const TABLES = [
  'domains',
  'ended_provider_tokens',
  'ended_service_tokens',
  'service_accounts',
  'service_keys',
  'sessions',
  'team_memberships',
  'teams',
  'user_domains',
  'user_identities',
  'users',
];

/**
 * Notifies, and looks at the triggers: whether all that these tables need are there and fire, and a text that is another one after
 * any of them, or its function, was altered, also within a transaction that left no other trace.
 */
const BEAT = `
  WITH found AS (
    SELECT c.relname, t.tgname, t.tgenabled, concat_ws('.', t.oid, t.xmin, p.xmin) AS version
    FROM unnest($2::text[]) AS n (name)
    JOIN pg_class c ON c.oid = to_regclass(format('%I.%I', current_schema(), n.name))
    JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname LIKE 'tr\\_%\\_announce\\_%'
    JOIN pg_proc p ON p.oid = t.tgfoid)
  SELECT pg_notify('${CHANNEL}', json_build_object('kind', 'heartbeat', 'id', $1::text)::text) IS NOT NULL AS sent,
    (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
    (SELECT count(DISTINCT relname) = cardinality($2::text[]) AND count(*) >= $3::int
       AND bool_and(tgenabled IN ('O', 'A')) FROM found) AS "triggersFire",
    (SELECT md5(string_agg(version, ',' ORDER BY version)) FROM found) AS "triggerVersion",
    pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean AS "takesNoWrites"`;

/** Their number: one for each operation that counts, and one for TRUNCATE. */
const TRIGGERS = 34;

/** What the server answered to a heartbeat. */
export interface Beat {
  /** When it was sent, by the monotonic clock of this process: before its commit. */
  readonly sentAt: number;
  /** The database's clock at that time or a little later, in milliseconds since 1970. */
  readonly now: number;
  /** Whether every change is announced. */
  readonly triggersFire: boolean;
  /** Differs after the triggers were altered. */
  readonly triggerVersion: string;
  readonly takesNoWrites: boolean;
}

/**
 * Sends a heartbeat on a new connection: it reaches whatever server the address of the database leads to now. Who hears it on
 * another connection listens at the same server, and has heard everything that was committed there before `sentAt`.
 */
export async function sendHeartbeat(id: string, target: ConnectionTarget): Promise<Beat> {
  let sentAt = 0;
  const row = await askOnce<Omit<Beat, 'sentAt'>>(
    target,
    BEAT,
    [id, TABLES, TRIGGERS],
    () => (sentAt = performance.now()),
  );
  return { ...row, sentAt };
}
