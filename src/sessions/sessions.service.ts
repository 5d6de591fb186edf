import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { RequestOrigin } from '../common/request-origin';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import type { SessionOwner } from './end-sessions.repository';
import { RefreshTokens } from './refresh-tokens';
import type { Session } from './session.entity';
import type { EndReason } from './end-reason';
import { SESSIONS_ENDED, type EndFacts } from './session-events';
import { SessionsRepository } from './sessions.repository';

/** A session with the refresh token that is good for it now. */
export interface OpenSession extends SessionOwner {
  readonly refreshToken: string;
  /** Of the access tokens that go with it. */
  readonly tokenVersion: number;
}

/** A session that a user has just signed in to. */
export interface NewlyOpenSession extends OpenSession {
  readonly authenticatedAt: Date;
  readonly authenticationMethods: readonly string[];
}

/** A user who has just proved who they are. */
export interface Authentication {
  readonly userId: string;
  /** The stored hash that the password was checked against. */
  readonly passwordHash: string | null;
  /** How they proved it, in the words of RFC 8176. */
  readonly methods: readonly string[];
}

/** Sessions: how they open and end. */
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
   * Opens a session for a user who proved who they are; undefined when `passwordHash` is no longer that of their password, or
   * they may not come in any more. Call `limit` when the transaction has committed.
   */
  async open(
    authentication: Authentication,
    origin: RequestOrigin,
    manager: EntityManager,
  ): Promise<NewlyOpenSession | undefined> {
    const { userId, methods } = authentication;
    const token = this.tokens.first();
    const opened = await this.sessions.insert({ ...authentication, token, ...origin }, manager);
    if (!opened) return undefined;
    return {
      sessionId: opened.id,
      userId,
      refreshToken: token.token,
      authenticatedAt: opened.createdAt,
      authenticationMethods: methods,
      tokenVersion: 0,
    };
  }

  /**
   * Ends the least recently used sessions of a user who has more than 100 active ones. The sign-in before it is done: where this
   * fails, the next one makes up for it.
   */
  async limit(userId: string): Promise<void> {
    try {
      const count = await this.sessions.limit(userId);
      if (count === 0) return;
      const reason: EndReason = 'too-many-sessions';
      this.audit.record(SESSIONS_ENDED, { user_id: userId, reason, count });
    } catch (error) {
      this.logger.warn({ msg: 'surplus sessions could not be ended', err: error });
    }
  }

  /**
   * Lets a session go on with new tokens alone, after its user has proved who they are by these `methods` (RFC 8176); undefined when
   * it is not living.
   */
  async renew(
    sessionId: string,
    methods: readonly string[],
    manager: EntityManager,
  ): Promise<NewlyOpenSession | undefined> {
    const token = this.tokens.first();
    const renewed = await this.sessions.renew(sessionId, { token, methods }, manager);
    return renewed && { ...renewed, sessionId, refreshToken: token.token, authenticationMethods: methods };
  }

  /** The living sessions of a person, the newest first. */
  list(userId: string): Promise<Session[]> {
    return this.sessions.findLiving(userId);
  }

  /** Whether a session lives; it goes on living until the caller's transaction ends. */
  lockActive(sessionId: string, manager: EntityManager): Promise<boolean> {
    return this.sessions.lockActive(sessionId, manager);
  }

  /**
   * Ends one session of a user, if its tokens have this version or none is given; answers whether it was active. In the caller's
   * transaction, where one is given.
   */
  async end(
    owner: SessionOwner & { readonly tokenVersion?: number },
    reason: EndReason,
    manager?: EntityManager,
  ): Promise<boolean> {
    if (!manager) return this.database.transaction((own) => this.end(owner, reason, own));
    const { sessionId, userId } = owner;
    const ended = await this.sessions.end(owner, reason, manager);
    if (ended) this.auditEnded({ user_id: userId, session_id: sessionId, reason, count: 1 }, manager);
    return ended;
  }

  /** Ends all sessions of a person, but for `except`, in the caller's transaction. */
  async endAll(
    userId: string,
    except: string | undefined,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<void> {
    const count = await this.sessions.endAll(userId, except, reason, manager);
    if (count > 0) this.auditEnded({ user_id: userId, reason, count }, manager);
  }

  private auditEnded(facts: EndFacts, manager: EntityManager): void {
    this.database.afterCommit(manager, () => this.audit.record(SESSIONS_ENDED, facts));
  }
}
