import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../database/database';
import type { AuditEntry, ChainPlace } from './audit-entry';
import type { AuditStream } from './audit-streams';

/** An event with its place and its keyed hash. */
export type ChainedEntry = AuditEntry & ChainPlace & { readonly mac: Buffer };

/** Rows of `audit_events`, and the head of their stream, in one statement. */
const INSERT = `
  WITH head AS (
    INSERT INTO audit_heads (stream, day, seq, mac) VALUES ($1, $2, $3, $4)
    ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, mac = excluded.mac
  )
  INSERT INTO audit_events
    (stream, id, seq, time, type, outcome, request_id, actor_kind, actor_id, target_kind, target_id, ip, user_agent,
     changes, details, mac)
  SELECT $1, * FROM unnest($5::uuid[], $6::bigint[], $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::text[],
    $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::json[], $18::json[], $19::bytea[])`;

/** Writes the audit log. */
@Injectable()
export class AuditEventsRepository {
  constructor(private readonly database: Database) {}

  /** Writes the next events of a stream, in a transaction or by themselves. */
  async insert(
    stream: Pick<AuditStream, 'id' | 'day'>,
    entries: readonly ChainedEntry[],
    manager: EntityManager | undefined,
  ): Promise<void> {
    const last = entries.at(-1);
    if (!last) return;
    const column = <T>(read: (entry: ChainedEntry) => T): T[] => entries.map(read);
    const values = [
      ...[stream.id, stream.day, last.seq, last.mac],
      ...[column(({ id }) => id), column(({ seq }) => seq), column(({ time }) => time.toISOString())],
      ...[column(({ type }) => type), column(({ outcome }) => outcome), column((e) => e.requestId)],
      ...[column(({ actor }) => actor?.kind ?? null), column(({ actor }) => actor?.id ?? null)],
      ...[column(({ target }) => target?.kind ?? null), column(({ target }) => target?.id ?? null)],
      ...[column(({ ip }) => ip), column(({ userAgent }) => userAgent)],
      ...[column(({ changes }) => changes), column(({ details }) => details), column(({ mac }) => mac)],
    ];
    if (manager) await manager.query(INSERT, values);
    else await this.database.statement({ name: 'insert-audit-events', text: INSERT }, values);
  }
}
