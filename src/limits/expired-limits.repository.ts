import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/**
 * Failures at names that nobody has are kept this long: they must not be told from those of users by waiting. Those of known devices
 * too: their tokens do not live longer.
 */
const KEPT_UNKNOWN = `interval '90 days'`;
/** How many of those are kept. */
const MAX_UNKNOWN = 100_000;

/** Deletions of counters that decide nothing any more. */
@Injectable()
export class ExpiredLimitsRepository {
  /** Windows that have ended. */
  deleteWindows(limit: number, manager: EntityManager): Promise<number> {
    return deleteRows(
      `DELETE FROM request_limits WHERE ctid IN (SELECT ctid FROM request_limits WHERE expires_at < now() LIMIT $1)`,
      limit,
      manager,
    );
  }

  /** Counters without failures, of users who are deleted, and old ones of names that nobody has. Those of users stay. */
  deleteGuesses(limit: number, manager: EntityManager): Promise<number> {
    return deleteRows(
      `DELETE FROM guess_limits WHERE ctid IN (
         SELECT ctid FROM guess_limits g
         WHERE g.reserved_at < now() - interval '1 hour' AND (
           g.failures + g.pending = 0
           OR g.user_id IS NULL AND g.reserved_at < now() - ${KEPT_UNKNOWN}
           OR g.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM users u WHERE u.id = g.user_id))
         LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      limit,
      manager,
    );
  }

  /** The oldest of too many counters of names that nobody has. */
  deleteSurplusGuesses(limit: number, manager: EntityManager): Promise<number> {
    return deleteRows(
      `DELETE FROM guess_limits WHERE key IN (
         SELECT key FROM guess_limits WHERE user_id IS NULL AND reserved_at < now() - interval '1 hour'
         ORDER BY reserved_at DESC OFFSET ${MAX_UNKNOWN} LIMIT $1)`,
      limit,
      manager,
    );
  }
}

async function deleteRows(statement: string, limit: number, manager: EntityManager): Promise<number> {
  const [, count] = await manager.query<[unknown, number]>(statement, [limit]);
  return count;
}
