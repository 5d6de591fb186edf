import { Injectable } from '@nestjs/common';
import { RefreshExchangeService } from '../sessions/refresh-exchange.service';
import { SessionsService } from '../sessions/sessions.service';
import { ProviderSignOutService } from '../federation/provider-sign-out.service';
import { AccessTokens } from '../tokens/access-tokens';
import { TokenAuthenticator } from './token-authenticator';

/** Sign-out with the tokens of a session, or with a provider token. */
@Injectable()
export class SignOutService {
  constructor(
    private readonly exchange: RefreshExchangeService,
    private readonly sessions: SessionsService,
    private readonly tokens: AccessTokens,
    private readonly authenticator: TokenAuthenticator,
    private readonly providerSignOut: ProviderSignOutService,
  ) {}

  /**
   * Ends the session of the refresh token, and that of the bearer access token (which may have expired) or the bearer provider
   * token. Ending an ended session is not an error. An invalid bearer token is refused with `invalid-token` after the refresh
   * token was processed.
   */
  async signOut(bearer: string | undefined, refreshToken: string | undefined): Promise<void> {
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
