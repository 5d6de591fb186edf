import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { IdempotentRequest } from './idempotent-request';

/** How long an answer is kept. */
const KEPT = `interval '24 hours'`;

/** An answer that was given. */
export interface StoredAnswer {
  readonly requestHash: Buffer;
  readonly body: unknown;
}

interface Row {
  readonly request_hash: Buffer;
  readonly body: unknown;
}

/** The statements on `idempotency_keys`. */
@Injectable()
export class IdempotencyKeysRepository {
  async find(request: IdempotentRequest, manager: EntityManager): Promise<StoredAnswer | undefined> {
    const [row] = await manager.query<Row[]>(
      `SELECT request_hash, body FROM idempotency_keys
       WHERE caller_id = $1 AND route = $2 AND key_hash = $3 AND created_at > now() - ${KEPT}`,
      [request.callerId, request.route, request.keyHash],
    );
    return row && { requestHash: row.request_hash, body: row.body };
  }

  /** Takes the place of one that is kept no longer. */
  async upsert(
    request: IdempotentRequest,
    { status, body }: { readonly status: number; readonly body: unknown },
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO idempotency_keys AS k (caller_id, route, key_hash, request_hash, status, body)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (caller_id, route, key_hash) DO UPDATE
       SET request_hash = excluded.request_hash, status = excluded.status, body = excluded.body, created_at = now()`,
      [request.callerId, request.route, request.keyHash, request.requestHash, status, JSON.stringify(body)],
    );
  }

  /** Removes at most `limit` that are kept no longer; answers how many. */
  async deleteExpired(limit: number, manager: EntityManager): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>(
      `DELETE FROM idempotency_keys WHERE ctid IN (
         SELECT ctid FROM idempotency_keys WHERE created_at <= now() - ${KEPT} LIMIT $1)`,
      [limit],
    );
    return count;
  }
}
