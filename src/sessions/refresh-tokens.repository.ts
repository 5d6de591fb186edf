import { Injectable } from '@nestjs/common';
import { SessionConfig } from '../config/session.config';
import { Database, type PreparedStatement } from '../database/database';
import { owner, type OwnerRow, type SessionOwner } from './end-sessions.repository';
import type { ParsedToken, RefreshToken, TokenPlace } from './refresh-tokens';

/** One exchange to be. */
export interface Exchange {
  readonly parent: RefreshToken;
  readonly child: RefreshToken;
  /** Where the child stands. */
  readonly place: TokenPlace;
  /** What makes the child, beside parent and key. */
  readonly salt: Buffer;
  readonly userAgent: string | null;
  /** Whether family and generation of the parent tell that it is an ancestor, so that it needs no row for good. */
  readonly provesItself: boolean;
}

/** A session and its user, and which of its access tokens are good. */
export interface VersionedSession extends SessionOwner {
  readonly tokenVersion: number;
}

/** The session that a refresh token leads to. */
export interface TokenSession extends VersionedSession {
  readonly currentTokenHash: Buffer;
  /** Of its newest token; undefined when version 1.0.0 opened it and no token of it was exchanged since. */
  readonly place: TokenPlace | undefined;
  /** Of the last exchange. */
  readonly salt: Buffer | null;
  /** Of the last exchange; where that named none, the last one that was named. */
  readonly userAgent: string | null;
  /** Whether the sign-in that opened it named a user agent. */
  readonly namesUserAgent: boolean;
  /** Whether the user may come in. */
  readonly isActive: boolean;
  /** Whether the token is the parent of the newest one, exchanged within the grace in a session that is active. */
  readonly isRetriable: boolean;
  /** Whether there is a row for the token that says that it was exchanged. */
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

/** `b` is the row as it was before: PostgreSQL answers old values of an update from version 18 on only. */
const ROTATE: PreparedStatement = {
  name: 'exchange-refresh-token',
  text: `
  WITH rotated AS (
    UPDATE sessions s
    SET previous_token_hash = s.current_token_hash, current_token_hash = $2, rotated_at = clock_timestamp(),
        last_used_at = now(), idle_expires_at = least(s.expires_at, now() + make_interval(days => $3)),
        token_family = $4, token_generation = $5, exchange_salt = $6,
        exchange_user_agent = coalesce($7, s.exchange_user_agent, s.user_agent)
    FROM users u, sessions b
    WHERE s.current_token_hash = $1 AND (s.token_family IS NULL OR s.token_family = $4) AND is_active_session(s, u)
      AND u.id = s.user_id AND u.is_active AND b.id = s.id
    RETURNING s.id, s.user_id, s.token_version, b.previous_token_hash
  ), moved AS (
    UPDATE used_refresh_tokens t SET hash = $1, is_replaceable = $8
    FROM rotated r WHERE t.hash = r.previous_token_hash AND t.is_replaceable
    RETURNING t.hash
  ), used AS (
    INSERT INTO used_refresh_tokens (hash, session_id, is_replaceable)
    SELECT $1, id, $8 FROM rotated WHERE NOT EXISTS (SELECT FROM moved)
  )
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

/** The statements by which a refresh token leads to its session. Times are the database's: replicas' clocks differ. */
@Injectable()
export class RefreshTokensRepository {
  constructor(
    private readonly database: Database,
    private readonly config: SessionConfig,
  ) {}

  /**
   * Makes the child the newest token of the active session whose newest token the parent is, if the session has the family
   * of the child, or none yet. Of parallel calls one finds it so; a session that is ended meanwhile is not rotated, because
   * the update looks at the row again after its wait. A transaction of its own: the losers lock the row too, and would hold
   * it until the end of a longer one.
   */
  async updateRotated(exchange: Exchange): Promise<VersionedSession | undefined> {
    const { parent, child, place, salt, userAgent, provesItself } = exchange;
    const [row] = await this.database.statement<VersionedRow>(ROTATE, [
      parent.hash,
      child.hash,
      this.config.idleDays,
      place.family,
      place.generation,
      salt,
      userAgent,
      provesItself,
    ]);
    return row && versioned(row);
  }

  /** The session of a token, whether the token is its newest one, an ancestor, or only of its family. */
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
