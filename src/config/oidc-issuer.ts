/** The signature algorithms that a provider may use where nothing else is set. */
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
 * The signature algorithms that a provider can be allowed: asymmetric ones only, since everyone may have a provider's keys.
 * Ed25519 is named `EdDSA` by RFC 8037 section 3.1 and `Ed25519` by RFC 9864 section 2.2.
 */
export const PROVIDER_ALGORITHMS = [...DEFAULT_PROVIDER_ALGORITHMS, 'EdDSA', 'Ed25519'] as const;

/** A signature algorithm of a provider. */
export type ProviderAlgorithm = (typeof PROVIDER_ALGORITHMS)[number];

/** Which kinds of tokens a provider's people may come with. */
export const TOKEN_USES = ['any', 'id', 'access'] as const;

/** How a claim lists groups: as a text or a list of texts, or as the keys of an object. */
export const GROUPS_FORMS = ['list', 'keys'] as const;

/** A claim that lists groups, and what the groups are called here. */
export interface GroupsClaim {
  readonly claim: string;
  readonly form: (typeof GROUPS_FORMS)[number];
  /** From the provider's name to ours; what is not in it counts for nothing. Absent: the names are the same. */
  readonly mapping: Readonly<Record<string, string>> | undefined;
}

/** What a provider calls the claims about a person. */
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

/** A claim that a token must have, and the values that are good; of a claim that is a list, one value is enough. */
export interface RequiredClaim {
  readonly claim: string;
  readonly values: readonly (string | number | boolean)[];
}

/** One outside OpenID provider. */
export interface OidcIssuer {
  /** The identity of the provider, and half of the identity of its people. */
  readonly issuer: string;
  /** How its tokens may spell `iss`. */
  readonly spellings: readonly string[];
  /** The claim that names its people and is never reassigned; an ID token without it names them in `sub`. */
  readonly subjectClaim: string;
  readonly audiences: readonly string[];
  /** What else an ID token may name as audience, beside one of `audiences`. */
  readonly trustedAudiences: readonly string[];
  /** Unset: discovered from the issuer. */
  readonly jwksUrl: string | undefined;
  readonly algorithms: readonly ProviderAlgorithm[];
  readonly tokenUse: (typeof TOKEN_USES)[number];
  /** What a token is that does not say. */
  readonly unmarkedKind: 'id' | 'access';
  readonly requiredClaims: readonly RequiredClaim[];
  /** Scopes that an access token must have, all of them. */
  readonly requiredScopes: readonly string[];
  /** How long ago the person may have signed in at the provider; unset: any time. */
  readonly maxAuthAgeSeconds: number | undefined;
  /** Its addresses count as verified although it does not say so. */
  readonly trustEmail: boolean;
  /** Address domains in which further subjects with the address of an account belong to that account. */
  readonly linkSameAddress: readonly string[];
  /** Its `email_verified` may be the text "true". */
  readonly emailVerifiedText: boolean;
  readonly claims: ProfileClaims;
  /** The claim that stands for teams, by their `external_ref`. */
  readonly groups: GroupsClaim | undefined;
  /** The claim that stands for domains, by their `key`. */
  readonly domains: GroupsClaim | undefined;
}

/** The rules of an issuer for which nothing else is said. */
export const STRICT_RULES = {
  subjectClaim: 'sub',
  trustedAudiences: [],
  unmarkedKind: 'id',
  requiredClaims: [],
  requiredScopes: [],
  maxAuthAgeSeconds: undefined,
  emailVerifiedText: false,
  linkSameAddress: [],
} as const satisfies Partial<OidcIssuer>;
