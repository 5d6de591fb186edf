import type { ProviderToken } from '../security/principal';

/** Why a profile has no address that links it to a user, in one word for logs. */
export type EmailFault =
  | 'no-address'
  | 'unverified-missing'
  | 'unverified-false'
  | 'unverified-form'
  /** The provider's userinfo is about another subject than the token. */
  | 'userinfo-subject'
  /** There is no user: the token was issued to a client for itself. */
  | 'client';

/** A user as the verified claims of a provider describe them, in a token issued at `issuedAt`. */
export interface ExternalProfile extends ProviderToken {
  /** When the user authenticated at the provider, in seconds since 1970. */
  readonly authenticatedAt: number;
  /** Normalised; undefined when there is no address, or it is neither verified nor trusted. */
  readonly verifiedEmail: string | undefined;
  /** Undefined exactly when there is a verified address. */
  readonly emailFault: EmailFault | undefined;
  /**
   * Asks the provider for the address that the token lacks; absent where it is not to be asked. Throws `service-unavailable`
   * when the provider cannot be asked. For users who are not known yet, outside of transactions.
   */
  readonly complete?: () => Promise<ExternalProfile>;
  /** Whether to link the user with that address even when it is already linked to another subject of the issuer. */
  readonly sharesAddress: boolean;
  readonly name: string | undefined;
  readonly avatarUrl: string | undefined;
  /** External references of the user's teams; undefined when the provider does not manage them. */
  readonly teamRefs: readonly string[] | undefined;
  /** Keys of the user's domains; undefined when the provider does not manage them. */
  readonly domainKeys: readonly string[] | undefined;
}
