import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { Database, type PreparedStatement } from '../database/database';
import { endSessions, owner, type OwnerRow, type SessionOwner } from './end-sessions.repository';
import type { EndReason } from './end-reason';
import { LIVING_SESSION } from './living-session';
import type { RefreshToken } from './refresh-tokens';

/** A living session whose newest token is the child of one that was used within the grace. */
export interface RetriedSession extends SessionOwner {
  readonly currentTokenHash: Buffer;
  /** Whether the person may come in. */
  readonly isActive: boolean;
}

interface RetriedRow extends OwnerRow {
  readonly current_token_hash: Buffer;
  readonly is_active: boolean;
}

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

/** The statements by which a refresh token leads to its session. Times are the database's: replicas' clocks differ. */
@Injectable()
export class RefreshTokensRepository {
  constructor(
    private readonly database: Database,
    private readonly config: SessionConfig,
  ) {}

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

  /**
   * Ends the session that a refresh token, new or used, belongs to. The token leads to the id and the id to the row: a
   * refresh that commits while this waits for the row changes its hashes, and the token among the used ones is not seen yet.
   */
  async endByToken(
    token: RefreshToken,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<SessionOwner | undefined> {
    const [ended] = await endSessions(
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
    const [ended] = await endSessions(condition, values, reason, manager);
    return ended;
  }
}
