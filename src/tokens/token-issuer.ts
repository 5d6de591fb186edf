import type { IdentityContext } from '../security/identity-context';
import type { AccessTokens, IssuedToken, SignIn } from './access-tokens';

/** A person with the tokens of a session. */
export interface TokenPair {
  readonly identity: IdentityContext;
  readonly accessToken: IssuedToken;
  readonly refreshToken: string;
}

/** Issues the access token that goes with a session's refresh token. */
export function signedIn(
  tokens: AccessTokens,
  identity: IdentityContext,
  session: SignIn & { readonly refreshToken: string },
): TokenPair {
  return {
    identity,
    accessToken: tokens.issue(identity, session),
    refreshToken: session.refreshToken,
  };
}
