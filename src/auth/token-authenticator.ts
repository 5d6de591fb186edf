import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../security/identity-context';
import { userPrincipal, type UserPrincipal } from '../security/principal';
import { withTimeout } from '../common/with-timeout';
import { FederatedIdentityService } from '../federation/federated-identity.service';
import { ProviderTokenVerifier } from '../federation/provider-token-verifier';
import { ProviderRegistry } from '../federation/provider-registry';
import { AccessTokenPrincipalResolver } from './access-token-principal.resolver';
import { AccessTokens } from '../tokens/access-tokens';
import { routeBearer } from './route-bearer';

/** Leaves time for a transaction after it: keys, two reads and a write could together take longer than an answer may (5 s). */
const PROVIDER_LIMIT_MS = 3_000;

/** As far as the clock of a provider may be ahead at most: the highest leeway. */
const MOST_AHEAD_SECONDS = 60;

/** The person of a good token, or a sentence on why it is not good. */
export type TokenValidation = { readonly identity: IdentityContext } | { readonly refusal: string };

/** The one definition of a good token: finds its owner, verifies it by the owner's rules, and finds the person. */
@Injectable()
export class TokenAuthenticator {
  private readonly logger = new Logger('Auth');

  constructor(
    private readonly providers: ProviderRegistry,
    private readonly tokens: AccessTokens,
    private readonly principals: AccessTokenPrincipalResolver,
    private readonly providerTokens: ProviderTokenVerifier,
    private readonly providerIdentities: FederatedIdentityService,
    private readonly clock: Clock,
  ) {}

  /** Refuses with a code that refuses tokens; whatever else is thrown means that nobody can say (an outage). */
  async authenticate(token: string): Promise<UserPrincipal> {
    if (routeBearer(token, this.providers) === 'local-jwt') {
      return this.principals.ofAccessToken(this.tokens.verify(token));
    }
    return withTimeout(PROVIDER_LIMIT_MS, this.ofProvider(token), tooSlow);
  }

  /** Whose token it is, or why it is refused; an outage is thrown. */
  async validate(token: string): Promise<TokenValidation> {
    try {
      return { identity: (await this.authenticate(token)).identity };
    } catch (error) {
      if (!(error instanceof AppError && error.refusesToken)) throw error;
      this.logger.log({ msg: 'token refused', code: error.code, reason: error.reason });
      return { refusal: error.message };
    }
  }

  private async ofProvider(token: string): Promise<UserPrincipal> {
    const person = await this.providerTokens.verify(token);
    return userPrincipal({
      method: 'oidc',
      identity: await this.providerIdentities.resolve(person),
      authenticationAge: this.secondsSince(person.authenticatedAt),
      providerToken: person,
    });
  }

  /** A time to come, other than by a clock that is ahead, is none, and stands for long ago. */
  private secondsSince(time: number): number {
    const seconds = this.clock.now() / 1000 - time;
    return seconds < -MOST_AHEAD_SECONDS ? Infinity : seconds;
  }
}

function tooSlow(): AppError {
  return new AppError('service-unavailable', { reason: 'provider and database too slow together' });
}
