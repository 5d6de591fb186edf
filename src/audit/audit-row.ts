import type { ChainedEntry } from './audit-events.repository';
import type { AuditStream } from './audit-streams';

/**
 * CTEs that write one event and the head of its stream where the CTE `act` has a row: for an act that is a single statement. The
 * event is the parameter of this number, as `auditRow` makes it.
 */
export function auditCtes(act: string, parameter: number): string {
  return `
  audit_row AS (
    SELECT e.* FROM ${act}, json_to_record($${parameter}::json) AS e (
      stream uuid, day date, seq bigint, mac text, id uuid, time timestamptz, type text, outcome text, request_id text,
      actor_kind text, actor_id text, target_kind text, target_id text, ip text, user_agent text, changes text, details text)
  ), audit_head AS (
    INSERT INTO audit_heads (stream, day, seq, mac) SELECT stream, day, seq, decode(mac, 'hex') FROM audit_row
    ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, mac = excluded.mac
  ), audit_event AS (
    INSERT INTO audit_events
      (stream, id, seq, time, type, outcome, request_id, actor_kind, actor_id, target_kind, target_id, ip, user_agent,
       changes, details, mac)
    SELECT stream, id, seq, time, type, outcome, request_id, actor_kind, actor_id, target_kind, target_id, ip, user_agent,
      changes::json, details::json, decode(mac, 'hex')
    FROM audit_row
  )`;
}

/** Makes the parameter of `auditCtes`, for a statement that is about to be sent. */
export type AuditRow = () => string;

/** The parameter of `auditCtes`. The texts of `changes` and `details`, which the hash covers, stay as they are. */
export function auditRow({ day }: AuditStream, entry: ChainedEntry): string {
  const { actor, target } = entry;
  return JSON.stringify({
    ...{ stream: entry.stream, day, seq: entry.seq, mac: entry.mac.toString('hex') },
    ...{
      id: entry.id,
      time: entry.time,
      type: entry.type,
      outcome: entry.outcome,
      request_id: entry.requestId,
    },
    ...{ actor_kind: actor?.kind, actor_id: actor?.id, target_kind: target?.kind, target_id: target?.id },
    ...{ ip: entry.ip, user_agent: entry.userAgent, changes: entry.changes, details: entry.details },
  });
}
