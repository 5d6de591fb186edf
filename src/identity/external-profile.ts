import type { ProviderToken } from '../security/principal';

/** A user as the verified claims of a provider describe them, in a token issued at `issuedAt`. */
export interface ExternalProfile extends ProviderToken {
  /** When they proved to the provider who they are, in seconds since 1970. */
  readonly authenticatedAt: number;
  /** Normalised; undefined when there is no address, or nobody vouches for it. */
  readonly verifiedEmail: string | undefined;
  /** Whether the account of that address is theirs even when it stands for another subject of the issuer already. */
  readonly sharesAddress: boolean;
  readonly name: string | undefined;
  readonly avatarUrl: string | undefined;
  /** External references of the teams that the person is in; undefined when the provider has no say in that. */
  readonly teamRefs: readonly string[] | undefined;
  /** Keys of the domains, in the same way. */
  readonly domainKeys: readonly string[] | undefined;
}
