import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../common/request-origin';
import { SessionIdentityReader, type SessionIdentity } from '../identity/session-identity.reader';
import { RefreshExchangeService } from '../sessions/refresh-exchange.service';
import { refused } from '../tokens/access-tokens';
import { TokenIssuer, type TokenPair } from '../tokens/token-issuer';

/** Exchanges refresh tokens for new token pairs. */
@Injectable()
export class RefreshService {
  constructor(
    private readonly exchange: RefreshExchangeService,
    private readonly identities: SessionIdentityReader,
    private readonly issuer: TokenIssuer,
  ) {}

  /**
   * Exchanges a refresh token for new tokens; refuses with `invalid-token`. If it fails after the exchange, a retry within the
   * grace period gets the same new refresh token.
   */
  async refresh(refreshToken: string, origin: RequestOrigin): Promise<TokenPair> {
    let read: Promise<SessionIdentity | undefined> | undefined;
    const session = await this.exchange.refresh(refreshToken, origin, ({ userId, sessionId }) => {
      read = this.identities.find(userId, sessionId);
      read.catch(() => undefined); // awaited only where the exchange succeeds
    });
    if (!session) throw refused('refresh token');
    const found = await (read ?? this.identities.find(session.userId, session.sessionId));
    // The password may have changed between the exchange and this read.
    if (found?.session?.tokenVersion !== session.tokenVersion) throw refused('session');
    return this.issuer.issuePair(found.identity, { ...session, ...found.session });
  }
}
