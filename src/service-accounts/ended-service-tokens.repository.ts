import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** More than the clocks of replicas differ: a replica whose clock is behind would still accept an expired token. */
const KEPT_EXPIRED = `interval '1 day'`;

/** The statements on `ended_service_tokens`. */
@Injectable()
export class EndedServiceTokensRepository {
  /** Stores that a token has ended, unless it expired more than a day ago; answers whether it had not before. */
  async insert(id: string, expiresAt: Date, manager: EntityManager): Promise<boolean> {
    const inserted = await manager.query<unknown[]>(
      `INSERT INTO ended_service_tokens (id, expires_at) SELECT $1, $2::timestamptz WHERE $2 > now() - ${KEPT_EXPIRED}
       ON CONFLICT DO NOTHING RETURNING id`,
      [id, expiresAt],
    );
    return inserted.length > 0;
  }

  /** Removes at most `limit` that expired more than a day ago; answers how many. */
  async deleteExpired(limit: number, manager: EntityManager): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>(
      `DELETE FROM ended_service_tokens WHERE id IN (
         SELECT id FROM ended_service_tokens WHERE expires_at < now() - ${KEPT_EXPIRED} LIMIT $1)`,
      [limit],
    );
    return count;
  }
}
