import type { SigningKey, VerificationKey } from './signing-keys';

/** Our own access tokens. */
export interface JwtConfig {
  readonly signingKey: SigningKey;
  /** The signing key's own, and those of before. */
  readonly verificationKeys: readonly VerificationKey[];
  readonly issuer: string;
  readonly audience: string | undefined;
  readonly accessTokenSeconds: number;
  /** Clock difference that is forgiven, in seconds. */
  readonly leewaySeconds: number;
}

/** What a password must be and what hashing it may cost. */
export interface PasswordConfig {
  /** In code points. */
  readonly minLength: number;
  readonly blocklist: boolean;
  /** bcrypt cost: the base-2 logarithm of the rounds. */
  readonly hashCost: number;
  readonly hashWorkers: number;
  /** Hashes that may wait for a worker; one more is answered 503. */
  readonly hashQueue: number;
}

/** The outside OpenID provider. */
export interface OidcConfig {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly jwksUrl: string | undefined;
}

/** Everything that decides who a caller is. */
export class AuthConfig {
  readonly devHeaders: boolean;
  readonly jwt: JwtConfig;
  readonly passwords: PasswordConfig;
  readonly oidc: OidcConfig | undefined;

  constructor(values: AuthConfig) {
    Object.assign(this, values);
    Object.freeze(this);
  }
}
