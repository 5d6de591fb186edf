import { z } from 'zod';
import {
  DEFAULT_PROVIDER_ALGORITHMS,
  PROVIDER_ALGORITHMS,
  TOKEN_USES,
  type OidcIssuer,
  type TrustEmail,
} from './oidc-issuer';
import { integer, list, oneOf, plainUrl, text } from './rules';
import { secret, setting, sliceOf } from './setting';

const TRUST: Readonly<Record<string, TrustEmail>> = {
  true: true,
  '1': true,
  false: false,
  '0': false,
  always: 'always',
};
const trustEmail = z
  .enum(['true', 'false', 'always', '1', '0'], 'must be true, false or always')
  .transform((word): TrustEmail => TRUST[word] ?? false);

export const FEDERATION_SETTINGS = {
  issuer: setting(
    'AUTH_OIDC_ISSUER',
    text.optional(),
    'Issuer of the OpenID provider: its URL, or any name where `AUTH_OIDC_JWKS_URL` is set',
  ),
  audiences: setting(
    'AUTH_OIDC_AUDIENCE',
    list(text).optional(),
    'Accepted audiences (client ids) of its tokens, comma-separated',
  ),
  jwksUrl: setting(
    'AUTH_OIDC_JWKS_URL',
    plainUrl('http:', 'https:').optional(),
    'URL of its key set. Unset: discovered from the issuer',
  ),
  algorithms: setting(
    'AUTH_OIDC_ALGORITHMS',
    list(oneOf(...PROVIDER_ALGORITHMS)).default([...DEFAULT_PROVIDER_ALGORITHMS]),
    'Accepted signature algorithms of its tokens, comma-separated; also `EdDSA` and `Ed25519`',
  ),
  tokenUse: setting(
    'AUTH_OIDC_TOKEN_USE',
    oneOf(...TOKEN_USES).default('any'),
    'Accepted kinds of its tokens: `id`, `access` or `any`',
  ),
  trustEmail: setting(
    'AUTH_OIDC_TRUST_EMAIL',
    trustEmail.default(false),
    '`true` treats its addresses as verified where the tokens do not say whether they are, `always` also where they say that they are not; see `docs/oidc/entra.md` first',
  ),
  groupsClaim: setting(
    'AUTH_OIDC_GROUPS_CLAIM',
    text.optional(),
    'Claim whose values name the teams (`external_ref`) of a user. Unset: groups are ignored',
  ),
  domainsClaim: setting(
    'AUTH_OIDC_DOMAINS_CLAIM',
    text.optional(),
    'Claim whose values name the domains (`key`) of a user. Unset: none',
  ),
  issuersFile: setting(
    'AUTH_OIDC_ISSUERS_FILE',
    text.optional(),
    'JSON file with a list of additional providers, each with its own rules; see `docs/oidc/README.md`',
  ),
  jwksCacheSeconds: setting(
    'AUTH_OIDC_JWKS_CACHE_SECONDS',
    integer(1, 86_400).default(600),
    'Lifetime of a cached key set, in seconds; a removed key is refused afterwards',
  ),
  jwksStaleSeconds: setting(
    'AUTH_OIDC_JWKS_STALE_SECONDS',
    integer(0, 2_592_000).default(86_400),
    'Additional seconds for which it is used while the provider cannot be reached',
  ),
  // Names that other programs read too.
  httpsProxy: secret(
    'HTTPS_PROXY',
    text.optional(),
    'Proxy for key sets on https, such as `http://user:secret@proxy.example:3128`; `https_proxy` takes precedence',
  ),
  httpProxy: secret(
    'HTTP_PROXY',
    text.optional(),
    'Proxy for key sets on plain http, which production refuses',
  ),
  noProxy: setting(
    'NO_PROXY',
    text.optional(),
    'Hosts to reach without a proxy, comma-separated: `idp.example` includes its subdomains, `host:port`, `*` for all',
  ),
};

/** Proxies between this service and the internet. */
export interface EgressProxy {
  /** For https URLs. */
  readonly https: string | undefined;
  /** For plain http URLs, which production does not use. */
  readonly http: string | undefined;
  /** Comma-separated hosts that are reached directly. */
  readonly none: string;
}

interface FederationValues {
  /** Empty without a provider. */
  readonly issuers: readonly OidcIssuer[];
  /** How long a key set is used without being read again. */
  readonly jwksCacheSeconds: number;
  /** How much longer, while the provider cannot be reached. */
  readonly jwksStaleSeconds: number;
  /** Absent when providers are reached directly. */
  readonly proxy: EgressProxy | undefined;
}

/** The OpenID providers, and how long their keys are cached. */
export class FederationConfig extends sliceOf<FederationValues>() {}
