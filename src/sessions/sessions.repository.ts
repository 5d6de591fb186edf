import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { Database } from '../database/database';
import type { ParsedToken } from './refresh-tokens';
import { endSessions } from './end-sessions.repository';
import type { EndReason } from './end-reason';
import { LIVING_SESSION } from './living-session';
import { Session } from './session.entity';

/** A session to be. */
export interface NewSession {
  readonly userId: string;
  /** The stored hash that the password was checked against: if it changed since, there is no session. */
  readonly passwordHash: string | null;
  /** How the user proved who they are, in the words of RFC 8176. */
  readonly methods: readonly string[];
  readonly token: ParsedToken;
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

/** A session that was opened, and how many of the person's oldest ones were ended to make room for it. */
export interface OpenedSession {
  readonly id: string;
  readonly createdAt: Date;
  readonly surplusEnded: number;
}

/**
 * Sessions of one person that live at once: more than anybody has devices, and few enough to be listed and ended in one
 * statement.
 */
const MAX_LIVING = 1_000;

/** The statements that open, list and end sessions. Times are the database's: replicas' clocks differ. */
@Injectable()
export class SessionsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: SessionConfig,
  ) {}

  /**
   * Undefined when the user is gone, not active, or has another password by now. The lock on the user's row makes this wait
   * for a change of password under way, and that change for this. The session begins when the lock is there: whatever moved
   * `tokens_not_before` meanwhile came before it.
   */
  async insert(session: NewSession, manager: EntityManager): Promise<OpenedSession | undefined> {
    const rows = await manager.query<{ id: string; created_at: Date; surplus_ended: number }[]>(
      `WITH locked AS MATERIALIZED (
         SELECT u.id FROM users u WHERE u.id = $1 AND u.is_active AND u.password_hash IS NOT DISTINCT FROM $7 FOR SHARE
       ), opened AS (
         INSERT INTO sessions
           (user_id, current_token_hash, created_at, last_used_at, expires_at, idle_expires_at, user_agent, ip_address,
            authentication_methods, token_family)
         SELECT o.id, $2, o.at, o.at, o.at + make_interval(days => $3), o.at + make_interval(days => least($3, $4)), $5, $6,
           $10, $11
         FROM (SELECT id, clock_timestamp() AS at FROM locked OFFSET 0) o
         RETURNING id, created_at
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
       SELECT id, created_at, (SELECT count(*)::int FROM surplus) AS surplus_ended FROM opened`,
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
        session.methods,
        session.token.family,
      ],
    );
    const [row] = rows;
    return row && { id: row.id, createdAt: row.created_at, surplusEnded: row.surplus_ended };
  }

  /** The living sessions of a person, the newest first. */
  findLiving(userId: string): Promise<Session[]> {
    return this.database.read((manager) =>
      manager
        .createQueryBuilder(Session, 's')
        .innerJoin('s.user', 'u')
        .where(`s.user_id = :userId AND ${LIVING_SESSION}`, { userId })
        .orderBy('s.created_at', 'DESC')
        .getMany(),
    );
  }

  /** Whether a session lives; it goes on living until the transaction ends. */
  async lockLiving(sessionId: string, manager: EntityManager): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `SELECT FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND ${LIVING_SESSION} FOR SHARE OF s`,
      [sessionId],
    );
    return rows.length > 0;
  }

  /** Ends one living session of a person; answers whether there was one. */
  async end(sessionId: string, userId: string, reason: EndReason, manager: EntityManager): Promise<boolean> {
    const ended = await endSessions('s.id = $2 AND s.user_id = $3', [sessionId, userId], reason, manager);
    return ended.length > 0;
  }

  /** Ends all sessions of a person, but for one; answers how many. */
  async endAll(
    userId: string,
    except: string | undefined,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<number> {
    const condition = 's.user_id = $2 AND s.id IS DISTINCT FROM $3';
    return (await endSessions(condition, [userId, except ?? null], reason, manager)).length;
  }
}
