import { Injectable } from '@nestjs/common';
import type { Position } from '../common/cursor';
import { Database } from '../database/database';
import type { Positioned } from '../http/page';
import type { AuditEventResponse } from './dto/audit-event.dto';

/** Which events; what is undefined does not matter. */
export interface AuditFilters {
  readonly type?: string | undefined;
  readonly outcome?: string | undefined;
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly requestId?: string | undefined;
  readonly ip?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

interface Row {
  readonly id: string;
  readonly time: Date;
  readonly type: string;
  readonly outcome: AuditEventResponse['outcome'];
  readonly request_id: string | null;
  readonly actor_kind: string | null;
  readonly actor_id: string | null;
  readonly target_kind: string | null;
  readonly target_id: string | null;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly changes: Record<string, unknown> | null;
  readonly details: Record<string, unknown> | null;
}

const COLUMNS =
  'id, time, type, outcome, request_id, actor_kind, actor_id, target_kind, target_id, ip, user_agent, changes, details';

/** Reads the audit log, newest first. */
@Injectable()
export class AuditEventsReader {
  constructor(private readonly database: Database) {}

  /** The events before a position (its key is a time); one more than `limit` when there are as many. */
  async find(
    filters: AuditFilters,
    before: Position | undefined,
    limit: number,
  ): Promise<Positioned<AuditEventResponse>[]> {
    const { conditions, values } = where(filters, before);
    const rows = await this.database.read((manager) =>
      manager.query<Row[]>(
        `SELECT ${COLUMNS} FROM audit_events ${conditions} ORDER BY time DESC, id DESC LIMIT ${limit + 1}`,
        values,
      ),
    );
    return rows.map((row) => ({
      row: toEvent(row),
      position: { key: row.time.toISOString(), id: row.id },
    }));
  }
}

function where(
  filters: AuditFilters,
  before: Position | undefined,
): { conditions: string; values: unknown[] } {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const parts = [
    filters.type !== undefined && `type = ${bind(filters.type)}`,
    filters.outcome !== undefined && `outcome = ${bind(filters.outcome)}`,
    filters.actor !== undefined && `actor_id = ${bind(filters.actor)}`,
    filters.target !== undefined && `target_id = ${bind(filters.target)}`,
    filters.requestId !== undefined && `request_id = ${bind(filters.requestId)}`,
    filters.ip !== undefined && `ip = ${bind(filters.ip)}`,
    filters.from !== undefined && `time >= ${bind(filters.from)}`,
    filters.to !== undefined && `time < ${bind(filters.to)}`,
    before && `(time, id) < (${bind(before.key)}::timestamptz, ${bind(before.id)}::uuid)`,
  ].filter((part) => typeof part === 'string');
  return { conditions: parts.length > 0 ? `WHERE ${parts.join(' AND ')}` : '', values };
}

function toEvent(row: Row): AuditEventResponse {
  return {
    id: row.id,
    time: row.time.toISOString(),
    type: row.type,
    outcome: row.outcome,
    request_id: row.request_id,
    actor: reference(row.actor_kind, row.actor_id),
    target: reference(row.target_kind, row.target_id),
    source: { ip: row.ip, user_agent: row.user_agent },
    changes: row.changes,
    details: row.details,
  };
}

function reference(kind: string | null, id: string | null): AuditEventResponse['actor'] {
  return kind === null || id === null ? null : { kind, id };
}
