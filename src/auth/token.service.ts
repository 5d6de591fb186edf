import { Injectable } from '@nestjs/common';
import type { RequestOrigin } from '../common/request-origin';
import { RefreshExchangeService } from '../sessions/refresh-exchange.service';
import { SessionsService } from '../sessions/sessions.service';
import { ProviderSignOutService } from '../federation/provider-sign-out.service';
import { SessionIdentityReader } from '../identity/session-identity.reader';
import { signedIn, type TokenPair } from '../tokens/token-issuer';
import { AccessTokens, refused } from '../tokens/access-tokens';
import { TokenAuthenticator } from './token-authenticator';

/** How people stay in and leave. */
@Injectable()
export class TokenService {
  constructor(
    private readonly identities: SessionIdentityReader,
    private readonly exchange: RefreshExchangeService,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokens,
    private readonly authenticator: TokenAuthenticator,
    private readonly providerSignOut: ProviderSignOutService,
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
    const { identity } = found;
    return signedIn(this.tokens, identity, { ...session, ...found.session });
  }

  /**
   * Ends the session of a refresh token, and that of an access token (an expired one is proof enough), or a token of a provider.
   * What has ended already is no error; a bearer token that is nobody's is refused with `invalid-token`, after the other has
   * done its work.
   */
  async logout(bearer: string | undefined, refreshToken: string | undefined): Promise<void> {
    if (refreshToken !== undefined) await this.exchange.endByToken(refreshToken, 'logout');
    if (bearer === undefined) return;
    const { token, provider } = this.authenticator.read(bearer);
    if (provider) {
      await this.providerSignOut.signOut(token, provider);
    } else {
      const { sid, uid, sessionVersion } = this.tokens.verifyForLogout(token);
      await this.sessions.end({ sessionId: sid, userId: uid, tokenVersion: sessionVersion }, 'logout');
    }
  }
}
