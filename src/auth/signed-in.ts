import type { IdentityContext } from '../common/security/identity-context';
import type { OpenSession } from '../sessions/sessions.service';
import type { AccessTokens, IssuedToken } from './tokens/access-tokens';

/** A person with the tokens of a session. */
export interface SignedIn {
  readonly identity: IdentityContext;
  readonly accessToken: IssuedToken;
  readonly refreshToken: string;
}

/** Issues the access token that goes with a session's refresh token. */
export function signedIn(tokens: AccessTokens, identity: IdentityContext, session: OpenSession): SignedIn {
  return {
    identity,
    accessToken: tokens.issue(identity, session.sessionId),
    refreshToken: session.refreshToken,
  };
}
