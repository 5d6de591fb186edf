import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ProviderToken } from '../security/principal';

/** More than the clocks of replicas differ: a replica whose clock is behind would still accept an expired token. */
const KEPT_EXPIRED = `interval '1 day'`;

/** The result of ending a token. */
export interface EndedToken {
  /** False when it had already ended. */
  readonly isNew: boolean;
  /** The user linked to the token's identity, if there is one. */
  readonly userId: string | undefined;
  /** The number of stored tokens of the same identity. */
  readonly kept: number;
}

/** Statements on `ended_provider_tokens`. */
@Injectable()
export class EndedProviderTokensRepository {
  /** Stores that a token has ended, unless it expired more than a day ago. */
  async insert(token: ProviderToken, manager: EntityManager): Promise<EndedToken> {
    const { issuer, subject, tokenHash, issuedAt, expiresAt } = token;
    const inserted = await manager.query<unknown[]>(
      `INSERT INTO ended_provider_tokens (hash, issuer, subject, issued_at, expires_at)
       SELECT $1, $2, $3, $4, $5::timestamptz WHERE $5 > now() - ${KEPT_EXPIRED}
       ON CONFLICT DO NOTHING RETURNING hash`,
      [tokenHash, issuer, subject, issuedAt, expiresAt],
    );
    const [found] = await manager.query<[{ kept: number; user_id: string | null }]>(
      `SELECT (SELECT count(*)::int FROM ended_provider_tokens WHERE issuer = $1 AND subject = $2) AS kept,
              (SELECT user_id FROM user_identities WHERE issuer = $1 AND subject = $2) AS user_id`,
      [issuer, subject],
    );
    return { isNew: inserted.length > 0, userId: found.user_id ?? undefined, kept: found.kept };
  }

  /**
   * Refuses all tokens of the identity up to the newest ended one, and deletes the stored ones; answers false when there is no
   * such identity.
   */
  async updateRefusedUntil({ issuer, subject }: ProviderToken, manager: EntityManager): Promise<boolean> {
    const [, count] = await manager.query<[unknown, number]>(
      `UPDATE user_identities SET tokens_refused_until = greatest(tokens_refused_until, (
         SELECT max(issued_at) FROM ended_provider_tokens WHERE issuer = $1 AND subject = $2
       )) WHERE issuer = $1 AND subject = $2`,
      [issuer, subject],
    );
    if (count === 0) return false;
    await manager.query(`DELETE FROM ended_provider_tokens WHERE issuer = $1 AND subject = $2`, [
      issuer,
      subject,
    ]);
    return true;
  }

  /** Deletes at most `limit` tokens that expired more than a day ago; answers how many. */
  async deleteExpired(limit: number, manager: EntityManager): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>(
      `DELETE FROM ended_provider_tokens WHERE hash IN (
         SELECT hash FROM ended_provider_tokens WHERE expires_at < now() - ${KEPT_EXPIRED} LIMIT $1
       )`,
      [limit],
    );
    return count;
  }
}
