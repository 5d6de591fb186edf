import { DEFAULT_PROVIDER_ALGORITHMS, PROVIDER_ALGORITHMS, TOKEN_USES } from './auth.config';
import { boolean, integer, list, oneOf, optional, plainUrl, setting, text } from './setting';

/** The OpenID providers whose users come in. */
export const OIDC_SETTINGS = {
  oidcIssuer: optional(
    'AUTH_OIDC_ISSUER',
    text,
    'Issuer of the outside OpenID provider: its address, or another name where `AUTH_OIDC_JWKS_URL` is set',
  ),
  oidcAudience: optional(
    'AUTH_OIDC_AUDIENCE',
    list(text),
    'Audiences (client ids) that its tokens may be made for, comma-separated',
  ),
  oidcJwksUrl: optional(
    'AUTH_OIDC_JWKS_URL',
    plainUrl('http:', 'https:'),
    'Address of its key set; unset: discovered from the issuer',
  ),
  oidcAlgorithms: setting(
    'AUTH_OIDC_ALGORITHMS',
    list(oneOf(...PROVIDER_ALGORITHMS)),
    DEFAULT_PROVIDER_ALGORITHMS.join(','),
    'Algorithms that its tokens may be signed with, comma-separated; also `EdDSA` and `Ed25519`',
  ),
  oidcTokenUse: setting(
    'AUTH_OIDC_TOKEN_USE',
    oneOf(...TOKEN_USES),
    'any',
    'Kinds of its tokens that are accepted: `id`, `access` or `any`',
  ),
  oidcTrustEmail: setting(
    'AUTH_OIDC_TRUST_EMAIL',
    boolean,
    'false',
    '`true` takes its addresses for verified although it does not say so; see `docs/oidc/entra.md` first',
  ),
  oidcGroupsClaim: optional(
    'AUTH_OIDC_GROUPS_CLAIM',
    text,
    'Claim whose values put people into the teams with that `external_ref`. Unset: its groups count for nothing',
  ),
  oidcDomainsClaim: optional(
    'AUTH_OIDC_DOMAINS_CLAIM',
    text,
    'Claim whose values assign people to the domains with that `key`. Unset: none does',
  ),
  oidcIssuersFile: optional(
    'AUTH_OIDC_ISSUERS_FILE',
    text,
    'JSON file with a list of further providers, each with its own rules; see `docs/oidc/README.md`',
  ),
  oidcJwksCacheSeconds: setting(
    'AUTH_OIDC_JWKS_CACHE_SECONDS',
    integer(1, 86_400),
    '600',
    'Seconds that a key set of a provider is believed; a removed key is refused after them',
  ),
  oidcJwksStaleSeconds: setting(
    'AUTH_OIDC_JWKS_STALE_SECONDS',
    integer(0, 2_592_000),
    '86400',
    'Seconds that it is used beyond that while the provider is out of reach',
  ),
} as const;
