import type { EntityManager } from 'typeorm';
import { currentRequest } from '../common/request-scope';
import type { EndReason } from './end-reason';

/** A session and its user. */
export interface SessionOwner {
  readonly sessionId: string;
  readonly userId: string;
}

/** A row with a session and its user. */
export interface OwnerRow {
  readonly session_id: string;
  readonly user_id: string;
}

/** Ends the sessions `s` that meet a condition (its parameters start at `$2`) and have not ended; answers them. */
export async function endSessions(
  condition: string,
  values: readonly unknown[],
  reason: EndReason,
  manager: EntityManager,
): Promise<SessionOwner[]> {
  const [rows] = await manager.query<[OwnerRow[], number]>(
    `UPDATE sessions s SET ended_at = clock_timestamp(), end_reason = $1
     WHERE s.ended_at IS NULL AND ${condition}
     RETURNING s.id AS session_id, s.user_id`,
    [reason, ...values],
  );
  const scope = currentRequest();
  if (scope && rows.length > 0) scope.hasEndedSessions = true;
  return rows.map(owner);
}

/** Maps such a row. */
export function owner({ session_id, user_id }: OwnerRow): SessionOwner {
  return { sessionId: session_id, userId: user_id };
}
