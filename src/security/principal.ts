import type { IdentityContext } from './identity-context';

/** How a caller proved who they are. */
export type AuthenticationMethod = 'dev-header' | 'local-jwt' | 'oidc';

/** A verified token of a provider, as far as its end is concerned. */
export interface ProviderToken {
  readonly issuer: string;
  readonly subject: string;
  /** The claim that the subject is of: a subject of another one is somebody else, also under the same name. */
  readonly subjectClaim: string;
  /** SHA-256 of what the signature covers: a signature can be spelt in two ways (ECDSA). */
  readonly tokenHash: Buffer;
  /** By the clock of the provider. */
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** The authenticated caller. */
export interface Principal {
  readonly method: AuthenticationMethod;
  /** The person as the database knew them when the credential was checked. */
  readonly identity: IdentityContext;
  /** Seconds since the user proved who they are. */
  readonly authenticationAge: number;
  /** The session of the access token, when it is one of ours. */
  readonly sessionId?: string;
  /** The token, when it is one of a provider. */
  readonly providerToken?: ProviderToken;
}
