import { Injectable } from '@nestjs/common';
import { RefreshExchangeService } from '../sessions/refresh-exchange.service';
import { SessionsService } from '../sessions/sessions.service';
import { ProviderSignOutService } from '../federation/provider-sign-out.service';
import { AccessTokens } from '../tokens/access-tokens';
import { TokenAuthenticator } from './token-authenticator';

/** Sign-out with the tokens of a session, or with one of a provider. */
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
   * Ends the session of a refresh token, and that of an access token (an expired one is proof enough), or a token of a provider.
   * What has ended already is no error; a bearer token that is nobody's is refused with `invalid-token`, after the other has
   * done its work.
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
