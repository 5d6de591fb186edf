import type { EntityManager } from 'typeorm';
import { chainMac, STREAM_START, type AuditEntry } from './audit-entry';

/** What a verification found. */
export interface AuditVerification {
  readonly events: number;
  readonly streams: number;
  /** The first fault: the id of the event where the chain breaks, or of the stream when none of its events is left. */
  readonly broken?: { readonly id: string; readonly fault: string };
  /** Whether the limit came before the end. */
  readonly isPartial?: boolean;
}

interface Head {
  readonly stream: string;
  readonly seq: string;
  readonly mac: Buffer | null;
}

interface Row {
  readonly id: string;
  readonly seq: string;
  readonly time: Date;
  readonly type: string;
  readonly outcome: string;
  readonly request_id: string | null;
  readonly actor_kind: string | null;
  readonly actor_id: string | null;
  readonly target_kind: string | null;
  readonly target_id: string | null;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly changes: string | null;
  readonly details: string | null;
  readonly mac: Buffer;
}

const BATCH = 2_000;
const ROWS = `
  SELECT id, seq, time, type, outcome, request_id, actor_kind, actor_id, target_kind, target_id, ip, user_agent,
    changes::text AS changes, details::text AS details, mac
  FROM audit_events WHERE stream = $1 AND seq > $2 ORDER BY seq, id LIMIT ${BATCH}`;
/** Streams without a head come first: their head was removed. */
const HEADS = `
  SELECT e.stream, coalesce(h.seq, 0) AS seq, h.mac
  FROM (SELECT stream, min(time) AS began FROM audit_events GROUP BY stream) e
  LEFT JOIN audit_heads h USING (stream)
  UNION ALL
  SELECT h.stream, h.seq, h.mac FROM audit_heads h WHERE NOT EXISTS (SELECT FROM audit_events e WHERE e.stream = h.stream)
  ORDER BY 2, 1`;

/**
 * Checks every stream of the log: no event is missing, altered, added or moved. In one transaction, which sees one state. Begins no
 * stream after the limit.
 */
export async function verifyAudit(
  keys: readonly Buffer[],
  manager: EntityManager,
  limitMs = Infinity,
): Promise<AuditVerification> {
  const until = performance.now() + limitMs;
  let [events, streams] = [0, 0];
  for (const head of await manager.query<Head[]>(HEADS)) {
    if (performance.now() > until) return { events, streams, isPartial: true };
    streams++;
    const { count, broken } = await verifyStream(head, keys, manager);
    events += count;
    if (broken) return { events, streams, broken };
  }
  return { events, streams };
}

interface StreamState {
  key: Buffer | undefined;
  seq: number;
  mac: Buffer;
  /** Of the last event; before the first that of the stream. */
  lastId: string;
}

interface StreamVerification {
  readonly count: number;
  readonly broken?: { readonly id: string; readonly fault: string };
}

async function verifyStream(
  head: Head,
  keys: readonly Buffer[],
  manager: EntityManager,
): Promise<StreamVerification> {
  const state: StreamState = { key: undefined, seq: 0, mac: STREAM_START, lastId: head.stream };
  for (;;) {
    const rows = await manager.query<Row[]>(ROWS, [head.stream, state.seq]);
    for (const row of rows) {
      const fault = faultOf(row, head.stream, keys, state);
      if (fault !== undefined) return { count: state.seq, broken: { id: row.id, fault } };
      Object.assign(state, { seq: state.seq + 1, mac: row.mac, lastId: row.id });
    }
    if (rows.length < BATCH) break;
  }
  const fault = faultOfHead(head, state);
  return { count: state.seq, ...(fault !== undefined && { broken: { id: state.lastId, fault } }) };
}

function faultOf(row: Row, stream: string, keys: readonly Buffer[], state: StreamState): string | undefined {
  const seq = state.seq + 1;
  if (Number(row.seq) !== seq) return Number(row.seq) > seq ? 'events before it are missing' : 'it was added';
  const fits = (key: Buffer) => chainMac(key, state.mac, { stream, seq }, entryOf(row)).equals(row.mac);
  state.key ??= keys.find(fits);
  return state.key && fits(state.key) ? undefined : 'it was altered, or is not of these keys';
}

function faultOfHead({ mac, seq }: Head, state: StreamState): string | undefined {
  if (mac === null) return 'the head of its stream is missing';
  if (Number(seq) !== state.seq) return 'events after it are missing';
  return mac.equals(state.mac) ? undefined : 'the head of its stream was altered';
}

function entryOf(row: Row): AuditEntry {
  return {
    id: row.id,
    time: row.time,
    type: row.type,
    outcome: row.outcome,
    requestId: row.request_id,
    actor: reference(row.actor_kind, row.actor_id),
    target: reference(row.target_kind, row.target_id),
    ip: row.ip,
    userAgent: row.user_agent,
    changes: row.changes,
    details: row.details,
  };
}

function reference(kind: string | null, id: string | null): AuditEntry['actor'] {
  return kind === null && id === null ? null : { kind: kind ?? '', id: id ?? '' };
}
