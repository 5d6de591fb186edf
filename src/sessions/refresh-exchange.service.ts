import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { RequestOrigin } from '../common/request-origin';
import { Audit } from '../audit/audit';
import { Database } from '../database/database';
import type { SessionOwner } from './end-sessions.repository';
import { isEarlier, nextPlace, RefreshTokens, type ParsedToken, type TokenPlace } from './refresh-tokens';
import {
  RefreshTokensRepository,
  type TokenSession,
  type VersionedSession,
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

/** Exchanges refresh tokens, and ends sessions by them. */
@Injectable()
export class RefreshExchangeService {
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
   * Throws `service-unavailable` when this process lacks the key that the child was derived with.
   */
  async refresh(text: string, origin: RequestOrigin): Promise<OpenSession | undefined> {
    const parent = this.tokens.parse(text);
    if (!parent) return undefined;
    const rotated = await this.rotate(parent, parent, origin);
    if (rotated) return rotated;
    const found = await this.exchanges.find(parent);
    if (!found?.place || !found.currentTokenHash.equals(parent.hash)) {
      return found && this.replayOrEnd(parent, found, origin);
    }
    // The newest token of a session with another family: version 1.0.0 derived it from a token of that family.
    const joined = await this.rotate(parent, found.place, origin);
    if (joined) return joined;
    const now = await this.exchanges.find(parent);
    return now && this.replayOrEnd(parent, now, origin);
  }

  /** Ends the session of a current or exchanged refresh token; an unknown token ends nothing. */
  async endByToken(text: string, reason: EndReason): Promise<void> {
    const token = this.tokens.parse(text);
    const found = token && (await this.exchanges.find(token));
    if (!found || !(found.currentTokenHash.equals(token.hash) || isAncestor(token, found))) return;
    const { sessionId, userId } = found;
    if (!(await this.end(found, reason))) return;
    await this.audit.record(SESSIONS_ENDED, { user_id: userId, session_id: sessionId, reason, count: 1 });
  }

  /** Undefined unless the parent is the newest token of an active session that has this family or none. */
  private async rotate(
    parent: ParsedToken,
    place: TokenPlace,
    origin: RequestOrigin,
  ): Promise<OpenSession | undefined> {
    const { userAgent } = origin;
    const next = nextPlace(place);
    const salt = this.tokens.salt();
    const child = this.tokens.child(parent, next, salt);
    const provesItself = place === parent;
    const rotated = await this.exchanges.updateRotated({
      parent,
      child,
      place: next,
      salt,
      userAgent,
      provesItself,
    });
    if (!rotated) return undefined;
    await this.record(REFRESHED, rotated);
    return { ...rotated, refreshToken: child.token };
  }

  private async replayOrEnd(
    parent: ParsedToken,
    found: TokenSession,
    origin: RequestOrigin,
  ): Promise<OpenSession | undefined> {
    if (!found.isRetriable) {
      if (isAncestor(parent, found)) await this.endReused(found);
      return undefined;
    }
    if (!found.isActive) return undefined;
    const { sessionId, userId, tokenVersion, place, salt, currentTokenHash } = found;
    const child = place && salt && this.tokens.childWithHash(parent, place, salt, currentTokenHash);
    if (child && found.userAgent !== origin.userAgent) return this.refuse(found, origin);
    const replayed = child ?? this.tokens.unsaltedChildWithHash(parent, currentTokenHash);
    // The key was rotated, or is not known here yet: another replica may have it, so the session continues.
    if (!replayed) throw new AppError('service-unavailable', { reason: 'refresh token key' });
    await this.record(REFRESH_RETRIED, found);
    return { sessionId, userId, tokenVersion, refreshToken: replayed.token };
  }

  /** Refuses a retry by another client. Without a user agent it may be a delayed request of the same client. */
  private async refuse(found: TokenSession, origin: RequestOrigin): Promise<undefined> {
    if (origin.userAgent === null && found.namesUserAgent) await this.record(REFRESH_REFUSED, found);
    else await this.endReused(found);
  }

  private async endReused(found: TokenSession): Promise<void> {
    if (await this.end(found, 'refresh-token-reuse')) await this.record(REFRESH_REUSED, found);
  }

  private async record(event: typeof REFRESHED, { userId, sessionId }: SessionOwner): Promise<void> {
    await this.audit.record(event, { user_id: userId, session_id: sessionId });
  }

  /** Does not end a session whose tokens were replaced after it was found: the token no longer belongs to it. */
  private end(found: VersionedSession, reason: EndReason): Promise<boolean> {
    return this.database.transaction((manager) => this.sessions.updateEnded(found, reason, manager));
  }
}

/** Whether a token was exchanged before: a row says so, or it has an earlier generation of its session's family. */
function isAncestor(token: ParsedToken, { place, isNoted }: TokenSession): boolean {
  if (isNoted) return true;
  return (
    place !== undefined && place.family.equals(token.family) && isEarlier(token.generation, place.generation)
  );
}
