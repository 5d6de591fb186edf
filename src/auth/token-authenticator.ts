import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { Principal } from '../common/security/principal';
import { within } from '../common/within';
import { AuthConfig } from '../config/auth.config';
import { ProviderIdentities } from './oidc/provider-identities';
import { ProviderTokens } from './oidc/provider-tokens';
import { Principals } from './principals';
import { AccessTokens } from './tokens/access-tokens';
import { tokenOwner } from './tokens/token-owner';

/** Keys of a provider and two steps of the database could together take longer than an answer may (contract: 5 s). */
const PROVIDER_LIMIT_MS = 4_500;

/** The one definition of a good token: finds its owner, verifies it by the owner's rules, and finds the person. */
@Injectable()
export class TokenAuthenticator {
  constructor(
    private readonly config: AuthConfig,
    private readonly tokens: AccessTokens,
    private readonly principals: Principals,
    private readonly providerTokens: ProviderTokens,
    private readonly providerIdentities: ProviderIdentities,
  ) {}

  /** Refuses with a code that refuses tokens; whatever else is thrown means that nobody can say (an outage). */
  async authenticate(token: string): Promise<Principal> {
    if (tokenOwner(token, this.config.oidc) === 'local-jwt') {
      return this.principals.ofAccessToken(this.tokens.verify(token));
    }
    return within(PROVIDER_LIMIT_MS, this.ofProvider(token), tooSlow);
  }

  private async ofProvider(token: string): Promise<Principal> {
    const person = await this.providerTokens.verify(token);
    return { method: 'oidc', identity: await this.providerIdentities.resolve(person) };
  }
}

function tooSlow(): AppError {
  return new AppError('service-unavailable', { reason: 'provider and database too slow together' });
}
