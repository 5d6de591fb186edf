import { Injectable } from '@nestjs/common';
import { SignOutService } from '../auth/sign-out.service';
import { TokenAuthenticator } from '../auth/token-authenticator';
import { CredentialEndingsService } from '../service-accounts/credential-endings.service';
import { ServiceAuthenticator } from '../service-accounts/service-authenticator';
import { SERVICE_KEY_PREFIX } from '../service-accounts/service-key';
import { REFRESH_TOKEN_PREFIX } from '../sessions/refresh-tokens';
import { AccessTokens, tokenRefusal } from '../tokens/access-tokens';
import { isServiceTokenUse } from '../tokens/service-tokens';

/** Ends tokens of any kind for whoever holds them (RFC 7009). */
@Injectable()
export class RevocationService {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly authenticator: TokenAuthenticator,
    private readonly signOuts: SignOutService,
    private readonly services: ServiceAuthenticator,
    private readonly endings: CredentialEndingsService,
  ) {}

  /**
   * An access or refresh token ends its session, every other token itself. A token that is unknown, expired or none is no error
   * (section 2.2); throws on an outage.
   */
  async revoke(text: string): Promise<void> {
    try {
      await this.end(text);
    } catch (error) {
      if (!tokenRefusal(error)) throw error;
    }
  }

  private async end(text: string): Promise<void> {
    if (text.startsWith(SERVICE_KEY_PREFIX)) {
      const key = await this.services.findKey(text);
      if (key) await this.endings.revokeKey(key);
    } else if (text.startsWith(REFRESH_TOKEN_PREFIX)) {
      await this.signOuts.signOut(undefined, text);
    } else {
      await this.endJwt(text);
    }
  }

  private async endJwt(text: string): Promise<void> {
    const { token, provider } = this.authenticator.read(text);
    const claims = provider ? {} : this.tokens.verifySignature(token);
    if (isServiceTokenUse(claims)) await this.endings.revokeToken(claims);
    else await this.signOuts.signOut(text, undefined);
  }
}
