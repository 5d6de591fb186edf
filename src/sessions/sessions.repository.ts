import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { Database } from '../database/database';
import type { RefreshToken } from './refresh-tokens';
import { Session } from './session.entity';

/** Why a session was ended. */
export type EndReason =
  'logout' | 'ended-by-user' | 'password-changed' | 'refresh-token-reuse' | 'account-linked';

/** A session to be. */
export interface NewSession {
  readonly userId: string;
  /** The stored hash that the password was checked against: if it changed since, there is no session. */
  readonly passwordHash: string | null;
  readonly token: RefreshToken;
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

/** A session and its person. */
export interface SessionOwner {
  readonly sessionId: string;
  readonly userId: string;
}

/** What became of a token that is not the newest. */
export interface UsedTokenVerdict {
  /** The living session of an active person whose newest token is the child of this one, within the grace. */
  readonly replayable: (SessionOwner & { readonly currentTokenHash: Buffer }) | undefined;
  /** The session that was ended because of it. */
  readonly ended: SessionOwner | undefined;
}

interface OwnerRow {
  readonly session_id: string;
  readonly user_id: string;
}

const ALIVE = `s.ended_at IS NULL AND s.expires_at > now() AND s.idle_expires_at > now()`;

/** Ended or expired more than a day ago. */
const LONG_DEAD = `(s.ended_at < now() - interval '1 day' OR s.idle_expires_at < now() - interval '1 day')`;

/** The statements on `sessions` and `used_refresh_tokens`. Times are the database's: replicas' clocks differ. */
@Injectable()
export class SessionsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: SessionConfig,
  ) {}

  /**
   * Answers the id, or undefined when the user is gone, not active, or has another password by now. The lock on the user's row
   * makes this wait for a change of password under way, and that change for this.
   */
  async insert(session: NewSession, manager: EntityManager): Promise<string | undefined> {
    const rows = await manager.query<{ id: string }[]>(
      `INSERT INTO sessions (user_id, current_token_hash, expires_at, idle_expires_at, user_agent, ip_address)
       SELECT u.id, $2, now() + make_interval(days => $3), now() + make_interval(days => least($3, $4)), $5, $6
       FROM users u
       WHERE u.id = $1 AND u.is_active AND u.password_hash IS NOT DISTINCT FROM $7
       FOR SHARE
       RETURNING id`,
      [
        session.userId,
        session.token.hash,
        this.config.maxDays,
        this.config.idleDays,
        session.userAgent,
        session.ipAddress,
        session.passwordHash,
      ],
    );
    return rows[0]?.id;
  }

  /**
   * Makes `child` the newest token of the living session whose newest token `parent` is. Of parallel calls one finds it so;
   * a session that is ended meanwhile is not rotated, because the update looks at the row again after its wait.
   */
  async rotate(
    parent: RefreshToken,
    child: RefreshToken,
    manager: EntityManager,
  ): Promise<SessionOwner | undefined> {
    const rows = await manager.query<OwnerRow[]>(
      `WITH rotated AS (
         UPDATE sessions s
         SET previous_token_hash = s.current_token_hash, current_token_hash = $2, rotated_at = clock_timestamp(),
             last_used_at = now(), idle_expires_at = least(s.expires_at, now() + make_interval(days => $3))
         FROM users u
         WHERE s.current_token_hash = $1 AND ${ALIVE} AND u.id = s.user_id AND u.is_active
         RETURNING s.id, s.user_id
       ), used AS (
         INSERT INTO used_refresh_tokens (hash, session_id) SELECT $1, id FROM rotated
       )
       SELECT id AS session_id, user_id FROM rotated`,
      [parent.hash, child.hash, this.config.idleDays],
    );
    return rows[0] && owner(rows[0]);
  }

  /**
   * Judges a token that is not the newest: a retry of the newest one's parent within the grace, or else a reuse, which
   * ends the session. A token that was never ours is neither. The lock is the one that the update would take: with a
   * weaker one, callers that waited together would hold up each other's update.
   */
  async judgeUsed(token: RefreshToken, manager: EntityManager): Promise<UsedTokenVerdict> {
    const rows = await manager.query<(OwnerRow & { ended: boolean; current_token_hash: Buffer })[]>(
      `WITH used AS (
         SELECT session_id FROM used_refresh_tokens WHERE hash = $1
       ), retried AS (
         SELECT s.id, s.user_id, s.current_token_hash, u.is_active
         FROM used JOIN sessions s ON s.id = used.session_id JOIN users u ON u.id = s.user_id
         WHERE s.previous_token_hash = $1 AND ${ALIVE}
           AND s.rotated_at > clock_timestamp() - make_interval(secs => $2)
         FOR NO KEY UPDATE OF s
       ), ended AS (
         UPDATE sessions s SET ended_at = clock_timestamp(), end_reason = 'refresh-token-reuse'
         FROM used
         WHERE s.id = used.session_id AND s.ended_at IS NULL AND NOT EXISTS (SELECT FROM retried)
         RETURNING s.id, s.user_id, s.current_token_hash
       )
       SELECT id AS session_id, user_id, current_token_hash, false AS ended FROM retried WHERE is_active
       UNION ALL
       SELECT id AS session_id, user_id, current_token_hash, true AS ended FROM ended`,
      [token.hash, this.config.graceSeconds],
    );
    const row = rows[0];
    if (!row) return { replayable: undefined, ended: undefined };
    return row.ended
      ? { replayable: undefined, ended: owner(row) }
      : { replayable: { ...owner(row), currentTokenHash: row.current_token_hash }, ended: undefined };
  }

  /** The living sessions of a person, the newest first. */
  findLiving(userId: string): Promise<Session[]> {
    return this.database.read((manager) =>
      manager
        .createQueryBuilder(Session, 's')
        .where(`s.user_id = :userId AND ${ALIVE}`, { userId })
        .orderBy('s.created_at', 'DESC')
        .getMany(),
    );
  }

  /** Ends one living session of a person; answers whether there was one. */
  async end(sessionId: string, userId: string, reason: EndReason, manager: EntityManager): Promise<boolean> {
    const ended = await this.endWhere('s.id = $2 AND s.user_id = $3', [sessionId, userId], reason, manager);
    return ended.length > 0;
  }

  /**
   * Ends the session that a refresh token, new or used, belongs to. The token leads to the id and the id to the row: a
   * refresh that commits while this waits for the row changes its hashes, and the token among the used ones is not seen yet.
   */
  async endByToken(
    token: RefreshToken,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<SessionOwner | undefined> {
    const [ended] = await this.endWhere(
      `s.id IN (
         SELECT id FROM sessions WHERE current_token_hash = $2
         UNION ALL SELECT session_id FROM used_refresh_tokens WHERE hash = $2
       )`,
      [token.hash],
      reason,
      manager,
    );
    return ended;
  }

  /** Ends all sessions of a person, but for one; answers how many. */
  async endAll(
    userId: string,
    except: string | undefined,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<number> {
    const condition = 's.user_id = $2 AND s.id IS DISTINCT FROM $3';
    return (await this.endWhere(condition, [userId, except ?? null], reason, manager)).length;
  }

  /** Removes at most `limit` used tokens of sessions long dead; a session can have thousands. Answers how many. */
  async deleteTokensOfDead(limit: number, manager: EntityManager): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>(
      `DELETE FROM used_refresh_tokens WHERE hash IN (
         SELECT t.hash FROM sessions s JOIN used_refresh_tokens t ON t.session_id = s.id
         WHERE ${LONG_DEAD}
         LIMIT $1
       )`,
      [limit],
    );
    return count;
  }

  /** Removes at most `limit` sessions long dead, all of whose used tokens are gone. Answers how many. */
  async deleteDead(limit: number, manager: EntityManager): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>(
      `DELETE FROM sessions WHERE id IN (
         SELECT s.id FROM sessions s
         WHERE ${LONG_DEAD} AND NOT EXISTS (SELECT FROM used_refresh_tokens t WHERE t.session_id = s.id)
         LIMIT $1
       )`,
      [limit],
    );
    return count;
  }

  private async endWhere(
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
    return rows.map(owner);
  }
}

function owner({ session_id, user_id }: OwnerRow): SessionOwner {
  return { sessionId: session_id, userId: user_id };
}
