import {
  DEFAULT_PROVIDER_ALGORITHMS,
  STANDARD_CLAIMS,
  STRICT_RULES,
  type GroupsClaim,
  type OidcIssuer,
} from './oidc-issuer';
import { isWebIssuer } from '../common/oidc-discovery';
import { egressProxy } from './egress-proxy';
import { readIssuersFile, type DescribedIssuer } from './oidc-issuers-file';
import { FederationConfig } from './federation.config';
import type { SettingValues } from './settings';

type FederationValues = SettingValues['federation'];

/** Providers that document several spellings of `iss`. */
const OTHER_SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  'https://accounts.google.com': ['accounts.google.com'],
};

/** The providers of the single settings and of the issuers file; adds errors to `faults`. */
export function federationConfig(
  values: SettingValues,
  faults: string[],
  warnings: string[],
): FederationConfig {
  const { federation, tokens, runtime } = values;
  const single = singleIssuer(federation, faults);
  const listed = federation.issuersFile === undefined ? [] : readIssuersFile(federation.issuersFile, faults);
  const issuers: OidcIssuer[] = [];
  for (const { source, issuer } of [...(single ? [single] : []), ...listed]) {
    const spellings = [issuer.issuer, ...(OTHER_SPELLINGS[issuer.issuer] ?? [])];
    if (spellings.includes(tokens.issuer)) faults.push(`${source.issuer} must differ from AUTH_JWT_ISSUER`);
    if (issuers.some((other) => other.issuer === issuer.issuer))
      faults.push(`${source.issuer} names an issuer for the second time`);
    faults.push(...addressFaults(source, issuer, runtime.environment === 'production'));
    warnings.push(...audienceWarnings(source, issuer));
    issuers.push({ ...issuer, source, spellings });
  }
  return new FederationConfig({
    issuers,
    jwksCacheSeconds: federation.jwksCacheSeconds,
    jwksStaleSeconds: federation.jwksStaleSeconds,
    proxy: issuers.length === 0 ? undefined : egressProxy(federation, faults),
  });
}

function singleIssuer(values: FederationValues, faults: string[]): DescribedIssuer | undefined {
  const { issuer, audiences = [] } = values;
  if (issuer === undefined) {
    const given = settingsOfAnIssuer(values);
    if (given.length > 0) faults.push(`AUTH_OIDC_ISSUER is required when ${given.join(' or ')} is set`);
    return undefined;
  }
  if (audiences.length === 0) {
    faults.push('AUTH_OIDC_AUDIENCE is required when AUTH_OIDC_ISSUER is set');
    return undefined;
  }
  if (values.algorithms.length === 0) faults.push('AUTH_OIDC_ALGORITHMS must name an algorithm');
  return {
    source: {
      issuer: 'AUTH_OIDC_ISSUER',
      jwksUrl: 'AUTH_OIDC_JWKS_URL',
      algorithms: 'AUTH_OIDC_ALGORITHMS',
    },
    issuer: {
      issuer,
      audiences,
      jwksUrl: values.jwksUrl,
      algorithms: values.algorithms,
      tokenUse: values.tokenUse,
      ...STRICT_RULES,
      trustEmail: values.trustEmail,
      claims: STANDARD_CLAIMS,
      groups: unmapped(values.groupsClaim),
      domains: unmapped(values.domainsClaim),
    },
  };
}

/** Given settings that have no effect without an issuer; a setting equal to its default does not count. */
function settingsOfAnIssuer(values: FederationValues): string[] {
  const given = {
    AUTH_OIDC_AUDIENCE: values.audiences !== undefined,
    AUTH_OIDC_JWKS_URL: values.jwksUrl !== undefined,
    AUTH_OIDC_ALGORITHMS: values.algorithms.join() !== DEFAULT_PROVIDER_ALGORITHMS.join(),
    AUTH_OIDC_TOKEN_USE: values.tokenUse !== 'any',
    AUTH_OIDC_TRUST_EMAIL: values.trustEmail !== false,
    AUTH_OIDC_GROUPS_CLAIM: values.groupsClaim !== undefined,
    AUTH_OIDC_DOMAINS_CLAIM: values.domainsClaim !== undefined,
  };
  return Object.entries(given).flatMap(([name, isGiven]) => (isGiven ? [name] : []));
}

function unmapped(claim: string | undefined): GroupsClaim | undefined {
  return claim === undefined ? undefined : { claim, form: 'list', mapping: undefined };
}

/** Some providers write the scopes of a token where its audience belongs (glewlwyd). */
function audienceWarnings(
  source: DescribedIssuer['source'],
  { audiences, clients }: DescribedIssuer['issuer'],
): string[] {
  if (clients !== undefined || !audiences.some((audience) => /\s/.test(audience))) return [];
  return [
    `${source.issuer} has an audience with a space in it: that is a list of scopes, which the provider gives to every client; list the clients that may call (clients in AUTH_OIDC_ISSUERS_FILE)`,
  ];
}

/** An issuer that is not a URL needs an explicit JWKS URL; contract, "Strict rules in production". */
function addressFaults(
  source: DescribedIssuer['source'],
  { issuer, jwksUrl }: DescribedIssuer['issuer'],
  production: boolean,
): string[] {
  const isAddress = isWebIssuer(issuer);
  if (!isAddress && jwksUrl === undefined) {
    return [
      `${source.issuer} must be a URL that starts with http:// or https://, or ${source.jwksUrl} must be set`,
    ];
  }
  const addresses = [
    [source.issuer, isAddress ? issuer : undefined] as const,
    [source.jwksUrl, jwksUrl] as const,
  ];
  return addresses.flatMap(([name, address]) => {
    const { protocol, username, password } = new URL(address ?? 'https://none.example');
    if (username !== '' || password !== '') return [`${name} must not hold credentials`];
    return production && protocol !== 'https:' ? [`${name} must be https in production`] : [];
  });
}
