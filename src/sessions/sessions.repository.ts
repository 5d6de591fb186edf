import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { Database, type PreparedStatement } from '../database/database';
import type { ParsedToken } from './refresh-tokens';
import { endSessions, type SessionOwner } from './end-sessions.repository';
import type { EndReason } from './end-reason';
import { Session } from './session.entity';

/** A session to open. */
export interface NewSession {
  readonly userId: string;
  /** Version of the verified credentials: if they changed since, no session is opened. */
  readonly credentialsVersion: number;
  /** How the user authenticated: `amr` values (RFC 8176). */
  readonly methods: readonly string[];
  /** When the user authenticated; undefined for now, by the database's clock. */
  readonly authenticatedAt?: Date | undefined;
  readonly token: ParsedToken;
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

/** A session that was opened. */
export interface OpenedSession {
  readonly id: string;
  readonly authenticatedAt: Date;
}

/** Maximum number of active sessions per user: more than a user has devices, and few enough to list and end in one statement. */
const MAX_ACTIVE = 100;
/** Maximum number of ended sessions kept per user until the cleanup deletes them. */
const MAX_ENDED = 100;
/** Maximum number of sessions deleted at once: a sign-in usually adds one. */
const MAX_DELETED_SESSIONS = 10;
/** Consumed tokens that one statement deletes well within its time limit; sessions of 1.0.0 may have more. */
const MAX_DELETED_TOKENS = 10_000;

/** A session that continues with new tokens. */
export interface RenewedSession {
  readonly userId: string;
  readonly authenticatedAt: Date;
  readonly tokenVersion: number;
  /** The version of the user's credentials. */
  readonly credentialsVersion: number;
}

interface RenewedRow {
  readonly user_id: string;
  readonly authenticated_at: Date;
  readonly token_version: number;
  readonly credentials_version: number;
}

/** The lock is in an outer query: rows skipped by an offset would be locked too. */
const LIMIT = `
  WITH surplus AS (
    UPDATE sessions SET ended_at = clock_timestamp(), end_reason = $2
    WHERE id IN (
      SELECT id FROM sessions
      WHERE ended_at IS NULL AND id IN (
        SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.user_id = $1 AND s.ended_at IS NULL
        ORDER BY is_active_session(s, u) DESC, s.last_used_at DESC OFFSET ${MAX_ACTIVE}
      )
      FOR UPDATE SKIP LOCKED
    )
    RETURNING id
  )
  SELECT count(*)::int AS ended, EXISTS (
    SELECT FROM sessions WHERE user_id = $1 AND ended_at IS NOT NULL ORDER BY ended_at DESC OFFSET ${MAX_ENDED}
  ) AS has_old FROM surplus`;

/** Sessions with consumed tokens of version 1.0.0, possibly thousands, are left to the cleanup. */
const DELETE_OLD: PreparedStatement = {
  name: 'forget-sessions-of-user',
  text: `
  DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions s
    WHERE s.ended_at IS NOT NULL AND s.id IN (
      SELECT id FROM sessions WHERE user_id = $1 AND ended_at IS NOT NULL
      ORDER BY ended_at DESC OFFSET ${MAX_ENDED} LIMIT ${MAX_DELETED_SESSIONS}
    ) AND NOT EXISTS (SELECT FROM used_refresh_tokens t WHERE t.session_id = s.id AND NOT t.is_replaceable)
    FOR UPDATE SKIP LOCKED
  )`,
};

/** Statements that open, list and end sessions. Times are the database's: replicas' clocks differ. */
@Injectable()
export class SessionsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: SessionConfig,
  ) {}

  /**
   * Undefined when the user is unknown, inactive or has changed credentials since, or authenticated before `tokens_not_before`.
   * The lock on the user's row serialises this with changes of the credentials. The session starts when the lock is acquired:
   * after every earlier change of `tokens_not_before`.
   * A weaker lock that is raised later, for `last_sign_in_at`, would let two sign-ins of a user deadlock.
   */
  async insert(session: NewSession, manager: EntityManager): Promise<OpenedSession | undefined> {
    const rows = await manager.query<{ id: string; authenticated_at: Date }[]>(
      `WITH locked AS (
         UPDATE users u SET last_sign_in_at = clock_timestamp()
         WHERE u.id = $1 AND u.is_active AND u.credentials_version = $7 AND ($10::timestamptz < u.tokens_not_before) IS NOT TRUE
         RETURNING u.id
       ), opened AS (
         INSERT INTO sessions
           (user_id, current_token_hash, created_at, last_used_at, expires_at, idle_expires_at, user_agent, ip_address,
            authentication_methods, token_family, reauthenticated_at)
         SELECT o.id, $2, o.at, o.at, o.at + make_interval(days => $3), o.at + make_interval(days => least($3, $4)), $5, $6,
           $8, $9, CASE WHEN $10 < o.at THEN $10 END
         FROM (SELECT id, clock_timestamp() AS at FROM locked OFFSET 0) o
         RETURNING id, coalesce(reauthenticated_at, created_at) AS authenticated_at
       )
       SELECT id, authenticated_at FROM opened`,
      [
        session.userId,
        session.token.hash,
        this.config.maxDays,
        this.config.idleDays,
        session.userAgent,
        session.ipAddress,
        session.credentialsVersion,
        session.methods,
        session.token.family,
        session.authenticatedAt ?? null,
      ],
    );
    const [row] = rows;
    return row && { id: row.id, authenticatedAt: row.authenticated_at };
  }

  /**
   * Ends the least recently used active sessions of a user beyond 100; answers how many, and whether there are more than 100 ended
   * ones. Runs after the sign-in has committed: the last of several concurrent sign-ins sees all sessions.
   */
  async updateSurplusEnded(
    userId: string,
    manager: EntityManager,
  ): Promise<{ ended: number; hasOld: boolean }> {
    const reason: EndReason = 'too-many-sessions';
    const [row] = await manager.query<{ ended: number; has_old: boolean }[]>(LIMIT, [userId, reason]);
    return { ended: row?.ended ?? 0, hasOld: row?.has_old ?? false };
  }

  /** Deletes the earliest ended sessions of a user beyond 100. */
  async deleteOld(userId: string): Promise<void> {
    await this.database.statement(DELETE_OLD, [userId]);
  }

  async isFromNewUserAgent(sessionId: string, userId: string, manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<{ is_new: boolean }[]>(
      `SELECT count(o.id) > 0 AND bool_and(o.user_agent IS DISTINCT FROM s.user_agent) AS is_new
       FROM sessions s LEFT JOIN sessions o ON o.user_id = s.user_id AND o.id <> s.id
       WHERE s.id = $1 AND s.user_id = $2`,
      [sessionId, userId],
    );
    return row?.is_new === true;
  }

  /** The active sessions of a user, newest first. */
  findActive(userId: string): Promise<Session[]> {
    return this.database.read((manager) =>
      manager
        .createQueryBuilder(Session, 's')
        .innerJoin('s.user', 'u')
        .where(`s.user_id = :userId AND is_active_session(s, u)`, { userId })
        .orderBy('s.created_at', 'DESC')
        .getMany(),
    );
  }

  /** Whether a session is active; the lock keeps it so until the transaction ends. */
  async lockActive(sessionId: string, manager: EntityManager): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      `SELECT FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND is_active_session(s, u) FOR SHARE OF s`,
      [sessionId],
    );
    return rows.length > 0;
  }

  /**
   * Records a new authentication for an active session and replaces its refresh token; undefined when the session is not
   * active. Earlier tokens no longer lead to the session, so a former holder cannot even end it.
   */
  async updateTokens(
    sessionId: string,
    { token, methods }: Pick<NewSession, 'token' | 'methods'>,
    manager: EntityManager,
  ): Promise<RenewedSession | undefined> {
    const [[row]] = await manager.query<[RenewedRow[], number]>(
      `UPDATE sessions s
       SET reauthenticated_at = clock_timestamp(), authentication_methods = $3, token_version = s.token_version + 1,
           last_used_at = now(), idle_expires_at = least(s.expires_at, now() + make_interval(days => $4)),
           current_token_hash = $2, previous_token_hash = NULL, rotated_at = NULL, token_family = $5,
           token_generation = $6, exchange_salt = NULL, exchange_user_agent = NULL
       FROM users u WHERE s.id = $1 AND u.id = s.user_id AND is_active_session(s, u)
       RETURNING s.user_id, s.reauthenticated_at AS authenticated_at, s.token_version, u.credentials_version`,
      [sessionId, token.hash, methods, this.config.idleDays, token.family, token.generation],
    );
    if (row) {
      await manager.query(
        `DELETE FROM used_refresh_tokens
         WHERE hash IN (SELECT hash FROM used_refresh_tokens WHERE session_id = $1 LIMIT ${MAX_DELETED_TOKENS})`,
        [sessionId],
      );
    }
    return (
      row && {
        userId: row.user_id,
        authenticatedAt: row.authenticated_at,
        tokenVersion: row.token_version,
        credentialsVersion: row.credentials_version,
      }
    );
  }

  /**
   * Ends one session of a user, if its tokens have this version or none is given; answers whether it had not ended before.
   */
  async updateEnded(
    { sessionId, userId, tokenVersion }: SessionOwner & { readonly tokenVersion?: number },
    reason: EndReason,
    manager: EntityManager,
  ): Promise<boolean> {
    const condition = 's.id = $2 AND s.user_id = $3 AND s.token_version = coalesce($4, s.token_version)';
    const values = [sessionId, userId, tokenVersion ?? null];
    return (await endSessions(condition, values, reason, manager)).length > 0;
  }

  /** Ends all sessions of a user except one; answers how many. */
  async updateAllEnded(
    userId: string,
    except: string | undefined,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<number> {
    const condition = 's.user_id = $2 AND s.id IS DISTINCT FROM $3';
    return (await endSessions(condition, [userId, except ?? null], reason, manager)).length;
  }
}
