import type { ProviderToken } from '../security/principal';

/** Why a profile has no address that links it to a user, in one word for logs. */
export type EmailFault =
  | 'no-address'
  | 'unverified-missing'
  | 'unverified-false'
  | 'unverified-form'
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
  /** Whether to link the user with that address even when it is already linked to another subject of the issuer. */
  readonly sharesAddress: boolean;
  readonly name: string | undefined;
  readonly avatarUrl: string | undefined;
  /** External references of the user's teams; undefined when the provider does not manage them. */
  readonly teamRefs: readonly string[] | undefined;
  /** Keys of the user's domains; undefined when the provider does not manage them. */
  readonly domainKeys: readonly string[] | undefined;
}
