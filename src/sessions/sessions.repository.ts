import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { Database, type PreparedStatement } from '../database/database';
import type { RefreshToken } from './refresh-tokens';
import type { EndReason } from './end-reason';
import { LIVING_SESSION } from './living-session';
import { Session } from './session.entity';

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

/** A session that was opened, and how many of the person's oldest ones were ended to make room for it. */
export interface OpenedSession {
  readonly id: string;
  readonly surplusEnded: number;
}

/** A living session whose newest token is the child of one that was used within the grace. */
export interface RetriedSession extends SessionOwner {
  readonly currentTokenHash: Buffer;
  /** Whether the person may come in. */
  readonly isActive: boolean;
}

interface OwnerRow {
  readonly session_id: string;
  readonly user_id: string;
}

interface RetriedRow extends OwnerRow {
  readonly current_token_hash: Buffer;
  readonly is_active: boolean;
}

/**
 * Sessions of one person that live at once: more than anybody has devices, and few enough to be listed and ended in one
 * statement.
 */
const MAX_LIVING = 1_000;

/** Sessions are removed when they have been dead for longer. */
const KEPT_DEAD = `interval '1 day'`;

const ROTATE: PreparedStatement = {
  name: 'rotate-refresh-token',
  text: `
  WITH rotated AS (
    UPDATE sessions s
    SET previous_token_hash = s.current_token_hash, current_token_hash = $2, rotated_at = clock_timestamp(),
        last_used_at = now(), idle_expires_at = least(s.expires_at, now() + make_interval(days => $3))
    FROM users u
    WHERE s.current_token_hash = $1 AND ${LIVING_SESSION} AND u.id = s.user_id AND u.is_active
    RETURNING s.id, s.user_id
  ), used AS (
    INSERT INTO used_refresh_tokens (hash, session_id) SELECT $1, id FROM rotated
  )
  SELECT id AS session_id, user_id FROM rotated`,
};

const FIND_RETRIED: PreparedStatement = {
  name: 'retried-session',
  text: `
  SELECT s.id AS session_id, s.user_id, s.current_token_hash, u.is_active
  FROM used_refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
  WHERE t.hash = $1 AND s.previous_token_hash = $1 AND ${LIVING_SESSION}
    AND s.rotated_at > clock_timestamp() - make_interval(secs => $2)`,
};

/** The statements on `sessions` and `used_refresh_tokens`. Times are the database's: replicas' clocks differ. */
@Injectable()
export class SessionsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: SessionConfig,
  ) {}

  /**
   * Undefined when the user is gone, not active, or has another password by now. The lock on the user's row makes this wait
   * for a change of password under way, and that change for this.
   */
  async insert(session: NewSession, manager: EntityManager): Promise<OpenedSession | undefined> {
    const rows = await manager.query<{ id: string; surplus_ended: number }[]>(
      `WITH opened AS (
         INSERT INTO sessions (user_id, current_token_hash, expires_at, idle_expires_at, user_agent, ip_address)
         SELECT u.id, $2, now() + make_interval(days => $3), now() + make_interval(days => least($3, $4)), $5, $6
         FROM users u
         WHERE u.id = $1 AND u.is_active AND u.password_hash IS NOT DISTINCT FROM $7
         FOR SHARE
         RETURNING id
       ), surplus AS (
         UPDATE sessions SET ended_at = clock_timestamp(), end_reason = $9
         WHERE EXISTS (SELECT FROM opened) AND id IN (
           SELECT id FROM sessions
           WHERE ended_at IS NULL AND id IN (
             SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NULL ORDER BY created_at DESC OFFSET $8
           )
           FOR UPDATE SKIP LOCKED -- not above the OFFSET: what that skips would be locked as well
         )
         RETURNING id
       )
       SELECT id, (SELECT count(*)::int FROM surplus) AS surplus_ended FROM opened`,
      [
        session.userId,
        session.token.hash,
        this.config.maxDays,
        this.config.idleDays,
        session.userAgent,
        session.ipAddress,
        session.passwordHash,
        MAX_LIVING - 1, // the statement does not see the one that it opens
        'too-many-sessions' satisfies EndReason,
      ],
    );
    const [row] = rows;
    return row && { id: row.id, surplusEnded: row.surplus_ended };
  }

  /**
   * Makes `child` the newest token of the living session whose newest token `parent` is. Of parallel calls one finds it so;
   * a session that is ended meanwhile is not rotated, because the update looks at the row again after its wait. A
   * transaction of its own: the losers lock the row too, and would hold it until the end of a longer one.
   */
  async rotate(parent: RefreshToken, child: RefreshToken): Promise<SessionOwner | undefined> {
    const [row] = await this.database.statement<OwnerRow>(ROTATE, [
      parent.hash,
      child.hash,
      this.config.idleDays,
    ]);
    return row && owner(row);
  }

  /** The session of a retry: its newest token is the child of this one, which was exchanged within the grace. */
  async findRetried(parent: RefreshToken): Promise<RetriedSession | undefined> {
    const [row] = await this.database.statement<RetriedRow>(FIND_RETRIED, [
      parent.hash,
      this.config.graceSeconds,
    ]);
    return row && { ...owner(row), currentTokenHash: row.current_token_hash, isActive: row.is_active };
  }

  /** The living sessions of a person, the newest first. */
  findLiving(userId: string): Promise<Session[]> {
    return this.database.read((manager) =>
      manager
        .createQueryBuilder(Session, 's')
        .where(`s.user_id = :userId AND ${LIVING_SESSION}`, { userId })
        .orderBy('s.created_at', 'DESC')
        .getMany(),
    );
  }

  /** Whether a session lives; it goes on living until the transaction ends. */
  async lockLiving(sessionId: string, manager: EntityManager): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `SELECT FROM sessions s WHERE s.id = $1 AND ${LIVING_SESSION} FOR SHARE`,
      [sessionId],
    );
    return rows.length > 0;
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

  /** Ends the session that a token was used up in, unless this is a retry: of two statements, the last one decides. */
  async endByUsedToken(
    token: RefreshToken,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<SessionOwner | undefined> {
    const condition = `s.id = (SELECT session_id FROM used_refresh_tokens WHERE hash = $2)
      AND (s.previous_token_hash = $2 AND s.rotated_at > clock_timestamp() - make_interval(secs => $3)) IS NOT TRUE`;
    const values = [token.hash, this.config.graceSeconds];
    const [ended] = await this.endWhere(condition, values, reason, manager);
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

  /** At most `limit` sessions that ended or expired long ago. */
  async findLongDead(limit: number, manager: EntityManager): Promise<string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `(SELECT id FROM sessions WHERE ended_at < now() - ${KEPT_DEAD} LIMIT $1)
       UNION (SELECT id FROM sessions WHERE idle_expires_at < now() - ${KEPT_DEAD} LIMIT $1)
       LIMIT $1`,
      [limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Removes at most `limit` used tokens of these sessions; a session can have thousands. Answers how many. */
  async deleteUsedTokens(
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

  /** Removes these sessions, and what used tokens they have left. Answers how many. */
  async delete(sessionIds: readonly string[], manager: EntityManager): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>('DELETE FROM sessions WHERE id = ANY ($1)', [
      sessionIds,
    ]);
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
