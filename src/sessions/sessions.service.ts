import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ClientInfo } from '../common/http/client.decorator';
import { Audit } from '../common/logging/audit';
import { Database } from '../database/database';
import { RefreshTokens, type RefreshToken } from './refresh-tokens';
import type { Session } from './session.entity';
import { SessionsRepository, type EndReason, type SessionOwner } from './sessions.repository';

/** A session with the refresh token that is good for it now. */
export interface OpenSession extends SessionOwner {
  readonly refreshToken: string;
}

/** Sessions: how they open, go on, and end. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly sessions: SessionsRepository,
    private readonly tokens: RefreshTokens,
    private readonly audit: Audit,
  ) {}

  /**
   * Opens a session for somebody whose password was checked against `passwordHash`; undefined when that is no longer
   * their password, or they may not come in any more.
   */
  async open(
    userId: string,
    passwordHash: string | null,
    client: ClientInfo,
    manager: EntityManager,
  ): Promise<OpenSession | undefined> {
    const token = this.tokens.first();
    const sessionId = await this.sessions.insert({ userId, passwordHash, token, ...client }, manager);
    return sessionId === undefined ? undefined : { sessionId, userId, refreshToken: token.token };
  }

  /**
   * Exchanges a refresh token for its child. A retry of the newest token's parent within the grace gets the very same
   * child; any other use of a token that was exchanged before ends the session. Undefined when the token is refused. Returns,
   * and never throws, a refusal: what was ended must be committed.
   */
  async refresh(text: string, manager: EntityManager): Promise<OpenSession | undefined> {
    const parent = this.tokens.parse(text);
    if (!parent) return undefined;
    const child = this.tokens.child(parent);
    const rotated = await this.sessions.rotate(parent, child, manager);
    if (rotated) return { ...rotated, refreshToken: child.token };
    return this.retry(parent, manager);
  }

  /** The living sessions of a person, the newest first. */
  list(userId: string): Promise<Session[]> {
    return this.sessions.findLiving(userId);
  }

  /** Ends one session of a person; answers whether it was living. */
  async end(sessionId: string, userId: string, reason: EndReason): Promise<boolean> {
    const ended = await this.database.transaction((manager) =>
      this.sessions.end(sessionId, userId, reason, manager),
    );
    if (ended) {
      this.audit.record('auth.sessions.ended', { user_id: userId, session_id: sessionId, reason, count: 1 });
    }
    return ended;
  }

  /** Ends the session of a refresh token; a token that is not ours ends nothing. */
  async endByToken(text: string, reason: EndReason): Promise<void> {
    const token = this.tokens.parse(text);
    if (!token) return;
    const ended = await this.database.transaction((manager) =>
      this.sessions.endByToken(token, reason, manager),
    );
    if (ended) {
      this.audit.record('auth.sessions.ended', {
        user_id: ended.userId,
        session_id: ended.sessionId,
        reason,
        count: 1,
      });
    }
  }

  /** Ends all sessions of a person, but for `except`, in the caller's transaction. */
  async endAll(
    userId: string,
    except: string | undefined,
    reason: EndReason,
    manager: EntityManager,
  ): Promise<void> {
    const count = await this.sessions.endAll(userId, except, reason, manager);
    this.database.afterCommit(manager, () =>
      this.audit.record('auth.sessions.ended', { user_id: userId, reason, count }),
    );
  }

  /** Ends all sessions of a person, but for `except`. */
  async endMany(userId: string, except: string | undefined): Promise<void> {
    await this.database.transaction((manager) => this.endAll(userId, except, 'ended-by-user', manager));
  }

  private async retry(parent: RefreshToken, manager: EntityManager): Promise<OpenSession | undefined> {
    const { replayable, ended } = await this.sessions.judgeUsed(parent, manager);
    if (ended) {
      const facts = { user_id: ended.userId, session_id: ended.sessionId };
      this.database.afterCommit(manager, () => this.audit.record('auth.refresh.reused', facts));
    }
    // Undefined also when the key changed between: the session lives on with the child that was given out.
    const child = replayable && this.tokens.childWithHash(parent, replayable.currentTokenHash);
    return child && { ...replayable, refreshToken: child.token };
  }
}
