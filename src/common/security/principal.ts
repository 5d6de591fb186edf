import type { IdentityContext } from './identity-context';

/** How a caller proved who they are. */
export type AuthenticationMethod = 'dev-header' | 'local-jwt' | 'oidc';

/** The authenticated caller. */
export interface Principal {
  readonly method: AuthenticationMethod;
  /** The person as the database knew them when the credential was checked. */
  readonly identity: IdentityContext;
  /** The session of the access token, when it is one of ours. */
  readonly sessionId?: string;
}
