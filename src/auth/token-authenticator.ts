import { Injectable } from '@nestjs/common';
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
}
