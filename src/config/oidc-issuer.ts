/** Default signature algorithms of a provider. */
export const DEFAULT_PROVIDER_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
] as const;

/**
 * The signature algorithms that can be allowed for a provider: asymmetric ones only, because a provider's keys are public.
 * Ed25519 is named `EdDSA` by RFC 8037 section 3.1 and `Ed25519` by RFC 9864 section 2.2.
 */
export const PROVIDER_ALGORITHMS = [...DEFAULT_PROVIDER_ALGORITHMS, 'EdDSA', 'Ed25519'] as const;

/** A signature algorithm of a provider. */
export type ProviderAlgorithm = (typeof PROVIDER_ALGORITHMS)[number];

/** Which kinds of a provider's tokens are accepted. */
export const TOKEN_USES = ['any', 'id', 'access'] as const;

/** For which addresses an issuer is trusted without a proof. */
export type TrustEmail = false | true | 'always';

/** How a claim lists groups: a string or a list of strings, or the keys of an object. */
export const GROUPS_FORMS = ['list', 'keys'] as const;

/** A claim that lists groups, and the mapping to local names. */
export interface GroupsClaim {
  readonly claim: string;
  readonly form: (typeof GROUPS_FORMS)[number];
  /** From the provider's names to ours; others are ignored. Absent when the names are the same. */
  readonly mapping: Readonly<Record<string, string>> | undefined;
}

/** Names of the claims about a user. */
export interface ProfileClaims {
  readonly email: string;
  readonly emailVerified: string;
  readonly name: string;
  readonly picture: string;
}

/** OpenID Connect Core 1.0 section 5.1. */
export const STANDARD_CLAIMS: ProfileClaims = {
  email: 'email',
  emailVerified: 'email_verified',
  name: 'name',
  picture: 'picture',
};

/** A claim that a token must have, and its allowed values; a list must contain one of them. */
export interface RequiredClaim {
  readonly claim: string;
  readonly values: readonly (string | number | boolean)[];
}

/** The names of an issuer's settings, for messages to operators. */
export interface IssuerSource {
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly algorithms: string;
}

/** A configured OpenID provider. */
export interface OidcIssuer {
  readonly source: IssuerSource;
  /** Identifies the provider, and together with the subject its users. */
  readonly issuer: string;
  /** Accepted spellings of `iss`. */
  readonly spellings: readonly string[];
  /** The claim that identifies users and is never reassigned; an ID token without it falls back to `sub`. */
  readonly subjectClaim: string;
  readonly audiences: readonly string[];
  /** Further audiences that an ID token may name besides one of `audiences`. */
  readonly trustedAudiences: readonly string[];
  /** The clients whose access tokens are accepted; undefined for those of any client. */
  readonly clients: readonly string[] | undefined;
  /** The claim that names the client of a token; undefined for `client_id`, or else `azp`. */
  readonly clientClaim: string | undefined;
  /** Whether an address that an access token lacks is asked of the userinfo endpoint at the first sign-in. */
  readonly userinfo: boolean;
  /** Undefined when discovered from the issuer. */
  readonly jwksUrl: string | undefined;
  readonly algorithms: readonly ProviderAlgorithm[];
  readonly tokenUse: (typeof TOKEN_USES)[number];
  /** The kind of tokens without a mark of their kind. */
  readonly unmarkedKind: 'id' | 'access';
  readonly requiredClaims: readonly RequiredClaim[];
  /** Scopes that an access token must all have. */
  readonly requiredScopes: readonly string[];
  /** Maximum age of the sign-in at the provider, in seconds; undefined for any age. */
  readonly maxAuthAgeSeconds: number | undefined;
  /** Whether its addresses count as verified where it does not say so (true), or also where it denies it (`always`). */
  readonly trustEmail: TrustEmail;
  /** Address domains in which a further subject with a user's address is linked to that user. */
  readonly linkSameAddress: readonly string[];
  /** Whether its `email_verified` may be the string "true". */
  readonly emailVerifiedText: boolean;
  readonly claims: ProfileClaims;
  /** The claim that lists teams, by `external_ref`. */
  readonly groups: GroupsClaim | undefined;
  /** The claim that lists domains, by `key`. */
  readonly domains: GroupsClaim | undefined;
}

/** Default rules of an issuer. */
export const STRICT_RULES = {
  subjectClaim: 'sub',
  trustedAudiences: [],
  unmarkedKind: 'id',
  requiredClaims: [],
  requiredScopes: [],
  maxAuthAgeSeconds: undefined,
  emailVerifiedText: false,
  linkSameAddress: [],
  clients: undefined,
  clientClaim: undefined,
  userinfo: false,
} as const satisfies Partial<OidcIssuer>;
