import { createHmac } from 'node:crypto';

/** An event as it is written; everything that identifies a user is an id. */
export interface AuditEntry {
  readonly id: string;
  readonly time: Date;
  readonly type: string;
  readonly outcome: string;
  readonly requestId: string | null;
  readonly actor: { readonly kind: string; readonly id: string } | null;
  readonly target: { readonly kind: string; readonly id: string } | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** JSON, as it is stored. */
  readonly changes: string | null;
  /** JSON, as it is stored. */
  readonly details: string | null;
}

/** The place of an event in the chain of its stream. */
export interface ChainPlace {
  readonly stream: string;
  /** From 1. */
  readonly seq: number;
}

/** The keyed hash of an event and of the one before it in its stream. */
export function chainMac(
  key: Buffer,
  before: Buffer,
  { stream, seq }: ChainPlace,
  entry: AuditEntry,
): Buffer {
  const { actor, target } = entry;
  const content = JSON.stringify([
    ...[stream, seq, entry.id, entry.time.toISOString(), entry.type, entry.outcome, entry.requestId],
    ...[actor?.kind ?? null, actor?.id ?? null, target?.kind ?? null, target?.id ?? null],
    ...[entry.ip, entry.userAgent, entry.changes, entry.details],
  ]);
  return createHmac('sha256', key).update(before).update(content).digest();
}

/** What precedes the first event of a stream. */
export const STREAM_START = Buffer.alloc(0);
