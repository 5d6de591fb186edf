import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** How long ended and expired sessions are kept. */
const KEPT_EXPIRED = `interval '1 day'`;

/** Statements that delete ended and expired sessions with their consumed tokens. */
@Injectable()
export class ExpiredSessionsRepository {
  /** At most `limit` sessions that ended or expired more than a day ago. */
  async findExpired(limit: number, manager: EntityManager): Promise<string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `(SELECT id FROM sessions WHERE ended_at < now() - ${KEPT_EXPIRED} LIMIT $1)
       UNION (SELECT id FROM sessions WHERE idle_expires_at < now() - ${KEPT_EXPIRED} LIMIT $1)
       LIMIT $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Deletes at most `limit` consumed tokens of these sessions, which can have thousands. Answers how many. */
  async deleteConsumedTokens(
    sessionIds: readonly string[],
    limit: number,
    manager: EntityManager,
  ): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>(
      `DELETE FROM used_refresh_tokens WHERE hash IN (
         SELECT hash FROM used_refresh_tokens WHERE session_id = ANY ($1) LIMIT $2
       )`,
      [sessionIds, limit],
    );
    return count;
  }

  /** Deletes these sessions with their remaining consumed tokens. Answers how many. */
  async delete(sessionIds: readonly string[], manager: EntityManager): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>('DELETE FROM sessions WHERE id = ANY ($1)', [
      sessionIds,
    ]);
    return count;
  }
}
