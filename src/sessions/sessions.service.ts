import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { currentRequest } from '../common/request-scope';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import type { SessionOwner } from './end-sessions.repository';
import { RefreshTokens } from './refresh-tokens';
import type { Session } from './session.entity';
import type { EndReason } from './end-reason';
import { SESSIONS_ENDED, type EndFacts } from './session-events';
import { SessionsRepository } from './sessions.repository';

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
    const { userId, credentialsVersion, methods: authMethods } = authentication;
    const { userAgent = null, ipAddress = null } = currentRequest()?.origin ?? {};
    const token = this.tokens.first();
    const opened = await this.sessions.insert({ ...authentication, token, userAgent, ipAddress }, manager);
    if (!opened) return undefined;
    const { id: sessionId, authenticatedAt } = opened;
    return {
      sessionId,
      userId,
      refreshToken: token.token,
      authenticatedAt,
      authMethods,
      tokenVersion: 0,
      credentialsVersion,
    };
  }

  /**
   * Ends the least recently used sessions of a user who has more than 100 active ones. A failure is only logged: the next
   * sign-in tries again.
   */
  async endSurplus(userId: string): Promise<void> {
    try {
      const hasOld = await this.database.transaction(async (manager) => {
        const { ended: count, hasOld } = await this.sessions.updateSurplusEnded(userId, manager);
        const reason: EndReason = 'too-many-sessions';
        if (count > 0) await this.audit.record(SESSIONS_ENDED, { user_id: userId, reason, count }, manager);
        return hasOld;
      });
      if (hasOld) await this.sessions.deleteOld(userId);
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
