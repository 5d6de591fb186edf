import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error';
import type { IdentityContext } from '../common/security/identity-context';
import type { Principal } from '../common/security/principal';
import { Principals } from './principals';
import { AccessTokens } from './tokens/access-tokens';

/** The one definition of a good token: finds its owner, verifies it by the owner's rules, and finds the person. */
@Injectable()
export class TokenAuthenticator {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly principals: Principals,
  ) {}

  /** Refuses with `invalid-token`; whatever else is thrown means that nobody can say (an outage). */
  async authenticate(token: string): Promise<Principal> {
    return this.principals.ofAccessToken(this.tokens.verify(token));
  }

  /** The person whose token it is, or undefined when the token is refused; an outage is thrown. */
  async validate(token: string): Promise<IdentityContext | undefined> {
    try {
      return (await this.authenticate(token)).identity;
    } catch (error) {
      if (error instanceof AppError && error.code === 'invalid-token') return undefined;
      throw error;
    }
  }
}
