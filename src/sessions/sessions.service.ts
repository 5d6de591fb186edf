import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { currentRequest } from '../common/request-scope';
import { Audit } from '../audit/audit';
import type { AuditEvent, AuditFacts } from '../audit/audit-event';
import { Database } from '../database/database';
import type { SessionOwner } from './end-sessions.repository';
import { RefreshTokens } from './refresh-tokens';
import type { Session } from './session.entity';
import { SessionOpeningsRepository, type OpenedSession, type Surplus } from './session-openings.repository';
import type { EndReason } from './end-reason';
import { SESSIONS_ENDED, type EndFacts } from './session-events';
import { SessionsRepository, type NewSession } from './sessions.repository';

/** A session with its current refresh token. */
export interface OpenSession extends SessionOwner {
  readonly refreshToken: string;
  /** The version of its accepted access tokens. */
  readonly tokenVersion: number;
}

/** A session of a user who has just signed in. */
export interface NewlyOpenSession extends OpenSession {
  readonly authenticatedAt: Date;
  readonly authMethods: readonly string[];
  /** The version of the user's credentials. */
  readonly credentialsVersion: number;
}

/** The authentication of a user. */
export interface Authentication {
  readonly userId: string;
  /** Version of the verified credentials (`users.credentials_version`). */
  readonly credentialsVersion: number;
  /** How the user authenticated: `amr` values (RFC 8176). */
  readonly methods: readonly string[];
  /** When the user authenticated; absent for now, by the database's clock. */
  readonly authenticatedAt?: Date;
}

/** Opens, renews, lists and ends sessions. */
@Injectable()
export class SessionsService {
  private readonly logger = new Logger('Sessions');

  constructor(
    private readonly database: Database,
    private readonly openings: SessionOpeningsRepository,
    private readonly sessions: SessionsRepository,
    private readonly tokens: RefreshTokens,
    private readonly audit: Audit,
  ) {}

  /**
   * Opens a session for an authenticated user, with the origin of the current request; undefined when the user's credentials
   * changed or `tokens_not_before` was raised since, or the user is inactive. Call `endSurplus` after the transaction has
   * committed.
   */
  async open(authentication: Authentication, manager: EntityManager): Promise<NewlyOpenSession | undefined> {
    const session = this.newSession(authentication);
    const opened = await this.openings.insert(session, manager);
    return opened && openSession(session, opened);
  }

  /** The same in one statement, with its event, for a sign-in that does nothing else; it ends surplus sessions too. */
  async openRecorded<Facts extends AuditFacts>(
    authentication: Authentication,
    event: AuditEvent<Facts>,
    factsOf: (owner: SessionOwner) => Facts,
  ): Promise<NewlyOpenSession | undefined> {
    const session = this.newSession(authentication);
    const { id: sessionId, userId } = session;
    const opened = await this.audit.recordWith(event, factsOf({ sessionId, userId }), (row) =>
      this.openings.insertRecorded(session, row),
    );
    if (!opened) return undefined;
    if (opened.isCrowded) await this.endSurplus(userId);
    else if (opened.hasOld) await this.orLogged(this.openings.deleteOld(userId));
    return openSession(session, opened);
  }

  private newSession(authentication: Authentication): NewSession {
    const { userAgent = null, ipAddress = null } = currentRequest()?.origin ?? {};
    return { ...authentication, id: randomUUID(), token: this.tokens.first(), userAgent, ipAddress };
  }

  /**
   * Ends the least recently used sessions of a user who has more than 100 active ones. A failure is only logged: the next
   * sign-in tries again.
   */
  endSurplus(userId: string): Promise<void> {
    return this.orLogged(this.holdToBounds(userId));
  }

  private async holdToBounds(userId: string): Promise<void> {
    const { found, ended, hasOld } = await this.endOneSurplus(userId);
    if (found > ended) await this.database.transaction((manager) => this.endAllSurplus(userId, manager));
    if (hasOld) await this.openings.deleteOld(userId);
  }

  /** Ends the surplus where it is one session, which is the usual case. */
  private async endOneSurplus(userId: string): Promise<Surplus> {
    let surplus: Surplus = { found: 0, ended: 0, hasOld: false };
    await this.audit.recordWith(SESSIONS_ENDED, surplusFacts(userId, 1), async (row) => {
      surplus = await this.openings.updateOneSurplusEnded(userId, row);
      return surplus.ended > 0 || undefined;
    });
    return surplus;
  }

  private async endAllSurplus(userId: string, manager: EntityManager): Promise<void> {
    const count = await this.openings.updateSurplusEnded(userId, manager);
    if (count > 0) await this.audit.record(SESSIONS_ENDED, surplusFacts(userId, count), manager);
  }

  private async orLogged(bounded: Promise<void>): Promise<void> {
    try {
      await bounded;
    } catch (error) {
      this.logger.warn({ msg: 'surplus sessions could not be ended', err: error });
    }
  }

  /**
   * Replaces all tokens of a session after its user authenticated by these `methods` (`amr` values, RFC 8176); undefined when
   * it is not active.
   */
  async renew(
    sessionId: string,
    methods: readonly string[],
    manager: EntityManager,
  ): Promise<NewlyOpenSession | undefined> {
    const token = this.tokens.first();
    const renewed = await this.sessions.updateTokens(sessionId, { token, methods }, manager);
    return renewed && { ...renewed, sessionId, refreshToken: token.token, authMethods: methods };
  }

  /** Whether the user has other sessions that are kept, and none of them from the same user agent. */
  isFromNewDevice({ sessionId, userId }: SessionOwner, manager: EntityManager): Promise<boolean> {
    return this.sessions.isFromNewUserAgent(sessionId, userId, manager);
  }

  /** Whether the user has sessions that are kept, and none of them from the user agent of the current request. */
  hasOnlyOtherDevices(userId: string): Promise<boolean> {
    return this.sessions.hasOnlyOtherUserAgents(userId, currentRequest()?.origin.userAgent ?? null);
  }

  /** The active sessions of a user, newest first. */
  list(userId: string): Promise<Session[]> {
    return this.sessions.findActive(userId);
  }

  /** Whether a session is active; the lock keeps it so until the caller's transaction ends. */
  lockActive(sessionId: string, manager: EntityManager): Promise<boolean> {
    return this.sessions.lockActive(sessionId, manager);
  }

  /**
   * Ends one session of a user, only if its tokens have the given version; answers whether it had not ended before. Runs in
   * the caller's transaction if one is given.
   */
  async end(
    owner: SessionOwner & { readonly tokenVersion?: number },
    reason: EndReason,
    manager?: EntityManager,
  ): Promise<boolean> {
    if (!manager) return this.database.transaction((own) => this.end(owner, reason, own));
    const { sessionId, userId } = owner;
    const ended = await this.sessions.updateEnded(owner, reason, manager);
    if (ended) await this.auditEnded({ user_id: userId, session_id: sessionId, reason, count: 1 }, manager);
    return ended;
  }

  /** Ends all sessions of a user except `except`, in the caller's transaction. */
  async endAll(
    userId: string,
    except: string | undefined,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<void> {
    const count = await this.sessions.updateAllEnded(userId, except, reason, manager);
    if (count > 0) await this.auditEnded({ user_id: userId, reason, count }, manager);
  }

  private async auditEnded(facts: EndFacts, manager: EntityManager): Promise<void> {
    await this.audit.record(SESSIONS_ENDED, facts, manager);
  }
}

function openSession(
  { id: sessionId, userId, token, methods, credentialsVersion }: NewSession,
  { authenticatedAt }: OpenedSession,
): NewlyOpenSession {
  return {
    sessionId,
    userId,
    refreshToken: token.token,
    authenticatedAt,
    authMethods: methods,
    tokenVersion: 0,
    credentialsVersion,
  };
}

function surplusFacts(userId: string, count: number): EndFacts & { readonly user_id: string } {
  return { user_id: userId, reason: 'too-many-sessions', count };
}
