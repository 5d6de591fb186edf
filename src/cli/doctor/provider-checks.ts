import type { FederationConfig } from '../../config/federation.config';
import type { OidcIssuer } from '../../config/oidc-issuer';
import { fetchJwks } from '../../federation/jwks/jwks-source';
import { ProviderHttp } from '../../federation/jwks/provider-http';
import { ProviderReadError } from '../../federation/jwks/provider-read-error';
import { fail, ok, type Check } from './check';

/** Whether the key set of each provider can be read, all at once. */
export async function checkProviders({ issuers, proxy }: FederationConfig): Promise<Check[]> {
  if (issuers.length === 0) return [ok('providers', 'none is configured')];
  const http = new ProviderHttp(proxy);
  return Promise.all(issuers.map((issuer) => checkProvider(issuer, http)));
}

async function checkProvider(issuer: OidcIssuer, http: ProviderHttp): Promise<Check> {
  const id = 'providers';
  try {
    const keys = await fetchJwks(issuer, http);
    return ok(id, `${issuer.issuer}: ${keys.length} keys`);
  } catch (error) {
    if (!(error instanceof ProviderReadError)) throw error;
    const advice = 'its users cannot sign in once the keys in memory are old: docs/oidc/README.md';
    return fail(id, `${issuer.issuer}: ${error.message}`, advice);
  }
}
