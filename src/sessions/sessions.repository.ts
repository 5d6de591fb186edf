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
  readonly id: string;
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

const OTHER_USER_AGENTS: PreparedStatement = {
  name: 'other-user-agents',
  text: `SELECT count(*) > 0 AND bool_and(user_agent IS DISTINCT FROM $2) AS is_new FROM sessions WHERE user_id = $1`,
};

/** Statements that renew, list and end sessions. Times are the database's: replicas' clocks differ. */
@Injectable()
export class SessionsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: SessionConfig,
  ) {}

  async isFromNewUserAgent(sessionId: string, userId: string, manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<{ is_new: boolean }[]>(
      `SELECT count(o.id) > 0 AND bool_and(o.user_agent IS DISTINCT FROM s.user_agent) AS is_new
       FROM sessions s LEFT JOIN sessions o ON o.user_id = s.user_id AND o.id <> s.id
       WHERE s.id = $1 AND s.user_id = $2`,
      [sessionId, userId],
    );
    return row?.is_new === true;
  }

  async hasOnlyOtherUserAgents(userId: string, userAgent: string | null): Promise<boolean> {
    const [row] = await this.database.statement<{ is_new: boolean }>(OTHER_USER_AGENTS, [userId, userAgent]);
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
