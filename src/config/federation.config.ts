import { DEFAULT_PROVIDER_ALGORITHMS, PROVIDER_ALGORITHMS, TOKEN_USES, type OidcIssuer } from './oidc-issuer';
import { boolean, integer, list, oneOf, plainUrl, text } from './rules';
import { secret, setting, sliceOf } from './setting';

export const FEDERATION_SETTINGS = {
  issuer: setting(
    'AUTH_OIDC_ISSUER',
    text.optional(),
    'Issuer of the outside OpenID provider: its address, or another name where `AUTH_OIDC_JWKS_URL` is set',
  ),
  audiences: setting(
    'AUTH_OIDC_AUDIENCE',
    list(text).optional(),
    'Audiences (client ids) that its tokens may be made for, comma-separated',
  ),
  jwksUrl: setting(
    'AUTH_OIDC_JWKS_URL',
    plainUrl('http:', 'https:').optional(),
    'Address of its key set; unset: discovered from the issuer',
  ),
  algorithms: setting(
    'AUTH_OIDC_ALGORITHMS',
    list(oneOf(...PROVIDER_ALGORITHMS)).default([...DEFAULT_PROVIDER_ALGORITHMS]),
    'Algorithms that its tokens may be signed with, comma-separated; also `EdDSA` and `Ed25519`',
  ),
  tokenUse: setting(
    'AUTH_OIDC_TOKEN_USE',
    oneOf(...TOKEN_USES).default('any'),
    'Kinds of its tokens that are accepted: `id`, `access` or `any`',
  ),
  trustEmail: setting(
    'AUTH_OIDC_TRUST_EMAIL',
    boolean.default(false),
    '`true` takes its addresses for verified although it does not say so; see `docs/oidc/entra.md` first',
  ),
  groupsClaim: setting(
    'AUTH_OIDC_GROUPS_CLAIM',
    text.optional(),
    'Claim whose values put people into the teams with that `external_ref`. Unset: its groups count for nothing',
  ),
  domainsClaim: setting(
    'AUTH_OIDC_DOMAINS_CLAIM',
    text.optional(),
    'Claim whose values assign people to the domains with that `key`. Unset: none does',
  ),
  issuersFile: setting(
    'AUTH_OIDC_ISSUERS_FILE',
    text.optional(),
    'JSON file with a list of further providers, each with its own rules; see `docs/oidc/README.md`',
  ),
  jwksCacheSeconds: setting(
    'AUTH_OIDC_JWKS_CACHE_SECONDS',
    integer(1, 86_400).default(600),
    'Seconds that a key set of a provider is believed; a removed key is refused after them',
  ),
  jwksStaleSeconds: setting(
    'AUTH_OIDC_JWKS_STALE_SECONDS',
    integer(0, 2_592_000).default(86_400),
    'Seconds that it is used beyond that while the provider is out of reach',
  ),
  // The names that other programs read too.
  httpsProxy: secret(
    'HTTPS_PROXY',
    text.optional(),
    'Proxy that key sets on https are asked through, as `http://user:secret@proxy.example:3128`; `https_proxy` goes before it',
  ),
  httpProxy: secret(
    'HTTP_PROXY',
    text.optional(),
    'The same for key sets on plain http, which production refuses',
  ),
  noProxy: setting(
    'NO_PROXY',
    text.optional(),
    'Hosts asked without a proxy, comma-separated: `idp.example` with all below it, `host:port`, `*` for all',
  ),
};

/** Proxies between this service and the internet. */
export interface EgressProxy {
  /** For addresses on https. */
  readonly https: string | undefined;
  /** For addresses on plain http, which production does not ask. */
  readonly http: string | undefined;
  /** Hosts that are asked directly, comma-separated. */
  readonly none: string;
}

interface FederationValues {
  /** Empty when there is no provider. */
  readonly issuers: readonly OidcIssuer[];
  /** How long a key set is believed. */
  readonly jwksCacheSeconds: number;
  /** How much longer, while the provider is out of reach. */
  readonly jwksStaleSeconds: number;
  /** Absent when providers are asked directly. */
  readonly proxy: EgressProxy | undefined;
}

/** The outside OpenID providers and how long their keys are kept. */
export class FederationConfig extends sliceOf<FederationValues>() {}
