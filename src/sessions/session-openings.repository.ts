import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { auditCtes, type AuditRow } from '../audit/audit-row';
import { SessionConfig } from '../config/session.config';
import { Database, type PreparedStatement } from '../database/database';
import type { EndReason } from './end-reason';
import type { NewSession } from './sessions.repository';

/** A session that was opened. */
export interface OpenedSession {
  readonly authenticatedAt: Date;
  /** Whether the user may have more sessions than the maximum, as far as the statement sees: not those that are opened beside it. */
  readonly isCrowded: boolean;
  /** Whether the user has more ended sessions than are kept. */
  readonly hasOld: boolean;
}

/** Sessions beyond the maximum. */
export interface Surplus {
  /** How many; 2 stands for more. */
  readonly found: number;
  readonly ended: number;
  /** Whether the user had more ended sessions than are kept. */
  readonly hasOld: boolean;
}

interface SurplusRow {
  readonly surplus: number;
  readonly ended: number;
  readonly has_old: boolean;
}

interface OpenedRow {
  readonly authenticated_at: Date;
  readonly is_crowded: boolean;
  readonly has_old: boolean;
}

/** Maximum number of active sessions per user: more than a user has devices, and few enough to list and end in one statement. */
const MAX_ACTIVE = 100;
/** So many others make a sign-in look for surplus: up to `MAX_ACTIVE`, that many more can be opened at the same moment. */
const CROWD = 30;
/** Maximum number of ended sessions kept per user until the cleanup deletes them. */
const MAX_ENDED = 100;
/** Maximum number of sessions deleted at once: a sign-in usually adds one. */
const MAX_DELETED_SESSIONS = 10;

const HAS_OLD = `EXISTS (SELECT FROM sessions WHERE user_id = $1 AND ended_at IS NOT NULL ORDER BY ended_at DESC OFFSET ${MAX_ENDED})`;

/** A row where the session was opened; with its event of the audit log as the statement of its own. */
const insertStatement = (auditCte: string) => `
  WITH locked AS (
    UPDATE users u SET last_sign_in_at = clock_timestamp()
    WHERE u.id = $1 AND u.is_active AND u.credentials_version = $7 AND ($10::timestamptz < u.tokens_not_before) IS NOT TRUE
    RETURNING u.id
  ), opened AS (
    INSERT INTO sessions
      (id, user_id, current_token_hash, created_at, last_used_at, expires_at, idle_expires_at, user_agent, ip_address,
       authentication_methods, token_family, reauthenticated_at)
    SELECT $11::uuid, o.id, $2, o.at, o.at, o.at + make_interval(days => $3), o.at + make_interval(days => least($3, $4)), $5, $6,
      $8, $9, CASE WHEN $10 < o.at THEN $10 END
    FROM (SELECT id, clock_timestamp() AS at FROM locked OFFSET 0) o
    RETURNING coalesce(reauthenticated_at, created_at) AS authenticated_at
  )${auditCte}
  SELECT authenticated_at,
    EXISTS (SELECT FROM sessions WHERE user_id = $1 AND ended_at IS NULL OFFSET ${CROWD}) AS is_crowded,
    ${HAS_OLD} AS has_old
  FROM opened`;

const INSERT = insertStatement('');
const INSERT_RECORDED: PreparedStatement = {
  name: 'open-session',
  text: insertStatement(`, ${auditCtes('opened', 12)}`),
};

/** Ends the surplus if that is one session, with the record of that. */
const LIMIT_ONE: PreparedStatement = {
  name: 'end-surplus-session',
  text: `
  WITH surplus AS (
    SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.user_id = $1 AND s.ended_at IS NULL
    ORDER BY is_active_session(s, u) DESC, s.last_used_at DESC OFFSET ${MAX_ACTIVE} LIMIT 2
  ), ended AS (
    UPDATE sessions SET ended_at = clock_timestamp(), end_reason = $2
    WHERE id IN (SELECT id FROM sessions WHERE ended_at IS NULL AND id IN (SELECT id FROM surplus) FOR UPDATE SKIP LOCKED)
      AND (SELECT count(*) FROM surplus) = 1
    RETURNING id
  ), ${auditCtes('ended', 3)}
  SELECT (SELECT count(*) FROM surplus)::int AS surplus, count(*)::int AS ended, ${HAS_OLD} AS has_old FROM ended`,
};

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
  SELECT count(*)::int AS ended FROM surplus`;

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

/** Statements that open sessions, and hold them to their bounds. Times are the database's: replicas' clocks differ. */
@Injectable()
export class SessionOpeningsRepository {
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
    const [row] = await manager.query<OpenedRow[]>(INSERT, this.valuesOf(session));
    return row && opened(row);
  }

  /** The same as one statement, with its event of the audit log. */
  async insertRecorded(session: NewSession, auditRow: AuditRow): Promise<OpenedSession | undefined> {
    const values = this.valuesOf(session);
    const [row] = await this.database.statement<OpenedRow>(INSERT_RECORDED, () => [...values, auditRow()]);
    return row && opened(row);
  }

  private valuesOf(session: NewSession): unknown[] {
    const { userId, token, userAgent, ipAddress, credentialsVersion, methods } = session;
    return [
      ...[userId, token.hash, this.config.maxDays, this.config.idleDays, userAgent, ipAddress],
      ...[credentialsVersion, methods, token.family, session.authenticatedAt ?? null, session.id],
    ];
  }

  /**
   * Ends the least recently used active sessions of a user beyond 100; answers how many. Runs after the sign-in has committed: the
   * last of several concurrent sign-ins sees all sessions.
   */
  async updateSurplusEnded(userId: string, manager: EntityManager): Promise<number> {
    const reason: EndReason = 'too-many-sessions';
    const [row] = await manager.query<{ ended: number }[]>(LIMIT, [userId, reason]);
    return row?.ended ?? 0;
  }

  /** Ends the surplus where it is one session, with its event of the audit log. */
  async updateOneSurplusEnded(userId: string, auditRow: AuditRow): Promise<Surplus> {
    const reason: EndReason = 'too-many-sessions';
    const [row] = await this.database.statement<SurplusRow>(LIMIT_ONE, () => [userId, reason, auditRow()]);
    if (!row) throw new Error('the statement always answers a row');
    return { found: row.surplus, ended: row.ended, hasOld: row.has_old };
  }

  /** Deletes the earliest ended sessions of a user beyond 100. */
  async deleteOld(userId: string): Promise<void> {
    await this.database.statement(DELETE_OLD, [userId]);
  }
}

function opened(row: OpenedRow): OpenedSession {
  return { authenticatedAt: row.authenticated_at, isCrowded: row.is_crowded, hasOld: row.has_old };
}
