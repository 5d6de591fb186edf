import { Injectable } from '@nestjs/common';
import type { IdentityContext } from '../security/identity-context';
import { AccessTokens, type IssuedToken, type SignIn } from './access-tokens';

/** A user with the access and refresh token of a session. */
export interface TokenPair {
  readonly identity: IdentityContext;
  readonly accessToken: IssuedToken;
  readonly refreshToken: string;
}

/** Issues the tokens that a sign-in or a refresh returns. */
@Injectable()
export class TokenIssuer {
  constructor(private readonly accessTokens: AccessTokens) {}

  /** The session's refresh token with a new access token. */
  issuePair(identity: IdentityContext, session: SignIn & { readonly refreshToken: string }): TokenPair {
    const accessToken = this.accessTokens.issue(identity, session);
    return { identity, accessToken, refreshToken: session.refreshToken };
  }
}
