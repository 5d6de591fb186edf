import { Injectable } from '@nestjs/common';
import { auditCtes, type AuditRow } from '../audit/audit-row';
import { SessionConfig } from '../config/session.config';
import { Database, type PreparedStatement } from '../database/database';
import { owner, type OwnerRow, type SessionOwner } from './end-sessions.repository';
import type { ParsedToken, RefreshToken, TokenPlace } from './refresh-tokens';

/** An exchange to carry out. */
export interface Exchange {
  /** The session of the family, and its user. */
  readonly owner: SessionOwner;
  readonly parent: RefreshToken;
  readonly child: RefreshToken;
  /** Family and generation of the child. */
  readonly place: TokenPlace;
  /** The child is derived from key, parent and this salt. */
  readonly salt: Buffer;
  readonly userAgent: string | null;
  /** Whether the parent's family and generation prove that it was exchanged, so that it needs no permanent row. */
  readonly provesItself: boolean;
}

/** A session, its user, and the version of its accepted access tokens. */
export interface VersionedSession extends SessionOwner {
  readonly tokenVersion: number;
}

/** The session of a refresh token. */
export interface TokenSession extends VersionedSession {
  readonly currentTokenHash: Buffer;
  /** Of the newest token; undefined when version 1.0.0 opened the session and no token was exchanged since. */
  readonly place: TokenPlace | undefined;
  /** Of the last exchange. */
  readonly salt: Buffer | null;
  /** The last user agent that an exchange or the sign-in sent. */
  readonly userAgent: string | null;
  /** Whether the sign-in sent a user agent. */
  readonly namesUserAgent: boolean;
  /** Whether the user is active. */
  readonly isActive: boolean;
  /** Whether the session is active and the token is the parent of the newest one, exchanged within the grace period. */
  readonly isRetriable: boolean;
  /** Whether a row records that the token was exchanged. */
  readonly isNoted: boolean;
}

interface VersionedRow extends OwnerRow {
  readonly token_version: number;
}

interface TokenSessionRow extends VersionedRow {
  readonly current_token_hash: Buffer;
  readonly token_family: Buffer | null;
  readonly token_generation: number;
  readonly exchange_salt: Buffer | null;
  readonly exchange_user_agent: string | null;
  readonly names_user_agent: boolean;
  readonly is_active: boolean;
  readonly is_retriable: boolean;
  readonly is_noted: boolean;
}

/** `b` is the row before the update: PostgreSQL returns old values only since version 18. */
const ROTATE: PreparedStatement = {
  name: 'rotate-refresh-token',
  text: `
  WITH rotated AS (
    UPDATE sessions s
    SET previous_token_hash = s.current_token_hash, current_token_hash = $2, rotated_at = clock_timestamp(),
        last_used_at = now(), idle_expires_at = least(s.expires_at, now() + make_interval(days => $3)),
        token_family = $4, token_generation = $5, exchange_salt = $6,
        exchange_user_agent = coalesce($7, s.exchange_user_agent, s.user_agent)
    FROM users u, sessions b
    WHERE s.current_token_hash = $1 AND s.id = $9 AND s.user_id = $10 AND (s.token_family IS NULL OR s.token_family = $4) AND is_active_session(s, u)
      AND u.id = s.user_id AND u.is_active AND b.id = s.id
    RETURNING s.id, s.user_id, s.token_version, b.previous_token_hash
  ), moved AS (
    UPDATE used_refresh_tokens t SET hash = $1, is_replaceable = $8
    FROM rotated r WHERE t.hash = r.previous_token_hash AND t.is_replaceable
    RETURNING t.hash
  ), used AS (
    INSERT INTO used_refresh_tokens (hash, session_id, is_replaceable)
    SELECT $1, id, $8 FROM rotated WHERE NOT EXISTS (SELECT FROM moved)
  ), ${auditCtes('rotated', 11)}
  SELECT id AS session_id, user_id, token_version FROM rotated`,
};

const FIND: PreparedStatement = {
  name: 'session-of-refresh-token',
  text: `
  SELECT s.id AS session_id, s.user_id, s.token_version, s.current_token_hash, s.token_family, s.token_generation, s.exchange_salt,
    s.exchange_user_agent, s.user_agent IS NOT NULL AS names_user_agent, u.is_active, t.is_noted,
    (s.previous_token_hash = $1 AND s.rotated_at > clock_timestamp() - make_interval(secs => $3)
      AND is_active_session(s, u)) IS TRUE AS is_retriable
  FROM (
    SELECT session_id AS id, true AS is_noted FROM used_refresh_tokens WHERE hash = $1
    UNION ALL SELECT id, false FROM sessions WHERE token_family = $2
    UNION ALL SELECT id, false FROM sessions WHERE current_token_hash = $1
  ) t JOIN sessions s ON s.id = t.id JOIN users u ON u.id = s.user_id
  ORDER BY t.is_noted DESC LIMIT 1`,
};

/** The session of a refresh token that was not exchanged yet. */
export interface CurrentTokenSession extends SessionOwner {
  readonly email: string;
  readonly createdAt: Date;
  readonly idleExpiresAt: Date;
}

const FIND_CURRENT: PreparedStatement = {
  name: 'session-of-current-refresh-token',
  text: `
  SELECT s.id AS session_id, s.user_id, u.email, s.created_at, s.idle_expires_at
  FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.current_token_hash = $1 AND u.is_active AND is_active_session(s, u)`,
};

/** Statements that find and rotate the session of a refresh token. Times are the database's: replicas' clocks differ. */
@Injectable()
export class RefreshTokensRepository {
  constructor(
    private readonly database: Database,
    private readonly config: SessionConfig,
  ) {}

  /**
   * Makes the child the newest token of this active session if its newest token is the parent, and it has the child's family or
   * none yet. Only one of several concurrent calls succeeds; a session ended meanwhile is not rotated, because the update rechecks
   * the row after waiting. One statement, with its event of the audit log (R24): others wait for the row.
   */
  async updateRotated(exchange: Exchange, auditRow: AuditRow): Promise<VersionedSession | undefined> {
    const { parent, child, place, salt, userAgent, provesItself, owner } = exchange;
    const [row] = await this.database.statement<VersionedRow>(ROTATE, () => [
      parent.hash,
      child.hash,
      this.config.idleDays,
      place.family,
      place.generation,
      salt,
      userAgent,
      provesItself,
      owner.sessionId,
      owner.userId,
      auditRow(),
    ]);
    return row && versioned(row);
  }

  /** The active session whose newest token this is, and whose user is active. Changes nothing. */
  async findCurrent(token: RefreshToken): Promise<CurrentTokenSession | undefined> {
    const [row] = await this.database.statement<
      OwnerRow & { readonly email: string; readonly created_at: Date; readonly idle_expires_at: Date }
    >(FIND_CURRENT, [token.hash]);
    return (
      row && {
        ...owner(row),
        email: row.email,
        createdAt: row.created_at,
        idleExpiresAt: row.idle_expires_at,
      }
    );
  }

  /** The session of a token: its newest token, an exchanged one, or any token with its family. */
  async find(token: ParsedToken): Promise<TokenSession | undefined> {
    const [row] = await this.database.statement<TokenSessionRow>(FIND, [
      token.hash,
      token.family,
      this.config.graceSeconds,
    ]);
    return row && tokenSession(row);
  }
}

function tokenSession(row: TokenSessionRow): TokenSession {
  return {
    ...versioned(row),
    currentTokenHash: row.current_token_hash,
    place: placeOf(row),
    salt: row.exchange_salt,
    userAgent: row.exchange_user_agent,
    namesUserAgent: row.names_user_agent,
    isActive: row.is_active,
    isRetriable: row.is_retriable,
    isNoted: row.is_noted,
  };
}

function versioned(row: VersionedRow): VersionedSession {
  return { ...owner(row), tokenVersion: row.token_version };
}

function placeOf(row: { token_family: Buffer | null; token_generation: number }): TokenPlace | undefined {
  return row.token_family ? { family: row.token_family, generation: row.token_generation } : undefined;
}
