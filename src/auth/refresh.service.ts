import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../common/request-origin';
import { SessionIdentityReader } from '../identity/session-identity.reader';
import { RefreshExchangeService } from '../sessions/refresh-exchange.service';
import { refused } from '../tokens/access-tokens';
import { TokenIssuer, type TokenPair } from '../tokens/token-issuer';

/** New tokens for a session that goes on. */
@Injectable()
export class RefreshService {
  constructor(
    private readonly exchange: RefreshExchangeService,
    private readonly identities: SessionIdentityReader,
    private readonly issuer: TokenIssuer,
  ) {}

  /**
   * Exchanges a refresh token for new tokens; refuses with `invalid-token`. Where it stops half-way, a retry within the grace
   * goes on: the exchange is done once and answered as often as asked.
   */
  async refresh(refreshToken: string, origin: RequestOrigin): Promise<TokenPair> {
    const session = await this.exchange.refresh(refreshToken, origin);
    if (!session) throw refused('refresh token');
    const found = await this.identities.find(session.userId, session.sessionId);
    // What is read now may be of after a change of password; the exchange was before it.
    if (found?.session?.tokenVersion !== session.tokenVersion) throw refused('session');
    return this.issuer.issuePair(found.identity, { ...session, ...found.session });
  }
}
