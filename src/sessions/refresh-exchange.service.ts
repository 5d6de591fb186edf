import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import type { RequestOrigin } from '../common/request-origin';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import type { SessionOwner } from './end-sessions.repository';
import { isEarlier, nextPlace, RefreshTokens, type ParsedToken, type TokenPlace } from './refresh-tokens';
import {
  RefreshTokensRepository,
  type CurrentTokenSession,
  type TokenSession,
} from './refresh-tokens.repository';
import { SessionsRepository } from './sessions.repository';
import type { OpenSession } from './sessions.service';
import type { EndReason } from './end-reason';
import {
  REFRESH_REFUSED,
  REFRESH_RETRIED,
  REFRESH_REUSED,
  REFRESHED,
  SESSIONS_ENDED,
} from './session-events';

/** Families whose sessions a process remembers. */
const MAX_FAMILIES = 20_000;

/** Begins with the exchange of a token of this session, before it is known to succeed. */
export type Beside = (owner: SessionOwner) => void;

/** From where an exchange is asked for, and what is done beside it. */
interface Circumstances {
  readonly origin: RequestOrigin;
  readonly beside: Beside | undefined;
}

/** Exchanges refresh tokens, and ends sessions by them. */
@Injectable()
export class RefreshExchangeService {
  /** The session of a family never changes: who knows it exchanges without a read. The statement looks at it again. */
  private readonly families = new LRUCache<string, SessionOwner>({ max: MAX_FAMILIES });

  constructor(
    private readonly database: Database,
    private readonly exchanges: RefreshTokensRepository,
    private readonly sessions: SessionsRepository,
    private readonly tokens: RefreshTokens,
    private readonly audit: Audit,
  ) {}

  /**
   * Exchanges a refresh token for its child. A retry with the newest token's parent within the grace period, by the same user
   * agent, gets the same child; any other use of an exchanged token ends the session. Undefined when the token is refused.
   * Throws `service-unavailable` when this process lacks the key that the child was derived with. What is done `beside` begins
   * before the exchange is known to succeed.
   */
  async refresh(text: string, origin: RequestOrigin, beside?: Beside): Promise<OpenSession | undefined> {
    const parent = this.tokens.parse(text);
    if (!parent) return this.refuse(undefined);
    const circumstances = { origin, beside };
    const known = this.families.get(nameOf(parent));
    const rotated = known && (await this.rotate(parent, parent, known, circumstances));
    return rotated ?? this.lookUpAndExchange(parent, circumstances);
  }

  /** The same where the session of the token is not known, or the token is not its newest one any more. */
  private async lookUpAndExchange(
    parent: ParsedToken,
    circumstances: Circumstances,
  ): Promise<OpenSession | undefined> {
    const found = await this.exchanges.find(parent);
    if (!found) return this.refuse(undefined);
    const { origin } = circumstances;
    if (!found.currentTokenHash.equals(parent.hash)) return this.replayOrEnd(parent, found, origin);
    // The newest token of a session with another family: version 1.0.0 derived it from a token of that family.
    const isJoining = found.place && !found.place.family.equals(parent.family);
    const place = (isJoining ? found.place : undefined) ?? parent;
    const exchanged = await this.rotate(parent, place, found, circumstances);
    if (exchanged) return exchanged;
    const now = await this.exchanges.find(parent);
    return now ? this.replayOrEnd(parent, now, origin) : this.refuse(undefined);
  }

  /** The active session of a refresh token that was not exchanged yet; looks only, so that nothing counts as reuse. */
  async findCurrent(text: string): Promise<CurrentTokenSession | undefined> {
    const token = this.tokens.parse(text);
    return token && this.exchanges.findCurrent(token);
  }

  /** Ends the session of a current or exchanged refresh token; an unknown token ends nothing. */
  async endByToken(text: string, reason: EndReason): Promise<void> {
    const token = this.tokens.parse(text);
    const found = token && (await this.exchanges.find(token));
    if (!found || !(found.currentTokenHash.equals(token.hash) || isAncestor(token, found))) return;
    const { sessionId, userId } = found;
    await this.database.transaction(async (manager) => {
      if (!(await this.sessions.updateEnded(found, reason, manager))) return;
      const facts = { user_id: userId, session_id: sessionId, reason, count: 1 };
      await this.audit.record(SESSIONS_ENDED, facts, manager);
    });
  }

  /** Undefined unless the parent is the newest token of this active session, which has the family of the place or none. */
  private async rotate(
    parent: ParsedToken,
    place: TokenPlace,
    { sessionId, userId }: SessionOwner,
    { origin, beside }: Circumstances,
  ): Promise<OpenSession | undefined> {
    const owner = { sessionId, userId };
    const next = nextPlace(place);
    const salt = this.tokens.salt();
    const child = this.tokens.child(parent, next, salt);
    const { userAgent } = origin;
    const exchange = { owner, parent, child, place: next, salt, userAgent, provesItself: place === parent };
    const facts = { user_id: userId, session_id: sessionId };
    const rotating = this.audit.recordWith(REFRESHED, facts, (row) =>
      this.exchanges.updateRotated(exchange, row),
    );
    beside?.(owner);
    const rotated = await rotating;
    if (!rotated) return undefined;
    this.families.set(nameOf(next), owner);
    return { ...rotated, refreshToken: child.token };
  }

  private async replayOrEnd(
    parent: ParsedToken,
    found: TokenSession,
    origin: RequestOrigin,
  ): Promise<OpenSession | undefined> {
    if (!found.isRetriable) {
      return isAncestor(parent, found) ? this.endReused(found) : this.refuse(found);
    }
    if (!found.isActive) return this.refuse(found);
    const { sessionId, userId, tokenVersion, place, salt, currentTokenHash } = found;
    const child = place && salt && this.tokens.childWithHash(parent, place, salt, currentTokenHash);
    if (child && found.userAgent !== origin.userAgent) return this.refuseClient(found, origin);
    const replayed = child ?? this.tokens.unsaltedChildWithHash(parent, currentTokenHash);
    // The key was rotated, or is not known here yet: another replica may have it, so the session continues.
    if (!replayed) throw new AppError('service-unavailable', { reason: 'refresh token key' });
    await this.record(REFRESH_RETRIED, found);
    return { sessionId, userId, tokenVersion, refreshToken: replayed.token };
  }

  /** Refuses a retry by another client. Without a user agent it may be a delayed request of the same client. */
  private async refuseClient(found: TokenSession, origin: RequestOrigin): Promise<undefined> {
    const isDelayed = origin.userAgent === null && found.namesUserAgent;
    return isDelayed ? this.refuse(found) : this.endReused(found);
  }

  private async refuse(found: TokenSession | undefined): Promise<undefined> {
    await this.audit.record(REFRESH_REFUSED, { user_id: found?.userId, session_id: found?.sessionId });
  }

  private async endReused(found: TokenSession): Promise<undefined> {
    // Does not end a session whose tokens were replaced after it was found: the token no longer belongs to it.
    const hasEnded = await this.database.transaction(async (manager) => {
      const ended = await this.sessions.updateEnded(found, 'refresh-token-reuse', manager);
      if (ended) await this.record(REFRESH_REUSED, found, manager);
      return ended;
    });
    if (!hasEnded) await this.refuse(found);
  }

  private record(
    event: typeof REFRESHED,
    { userId, sessionId }: SessionOwner,
    manager?: EntityManager,
  ): Promise<void> {
    return this.audit.record(event, { user_id: userId, session_id: sessionId }, manager);
  }
}

function nameOf({ family }: TokenPlace): string {
  return family.toString('base64url');
}

/** Whether a token was exchanged before: a row says so, or it has an earlier generation of its session's family. */
function isAncestor(token: ParsedToken, { place, isNoted }: TokenSession): boolean {
  if (isNoted) return true;
  return (
    place !== undefined && place.family.equals(token.family) && isEarlier(token.generation, place.generation)
  );
}
