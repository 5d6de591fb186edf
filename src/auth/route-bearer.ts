import type { ProviderRegistry } from '../federation/provider-registry';
import { decodeCompactJws } from '../tokens/compact-jws';

/** Whose rules a bearer token is checked by. */
export type BearerRoute = 'local-jwt' | 'oidc';

/**
 * Routes a token by its issuer, still unverified: those of configured providers go to `oidc`, every other to `local-jwt`.
 * This only chooses the verifier; the verifier checks the issuer again.
 */
export function routeBearer(token: string, providers: ProviderRegistry): BearerRoute {
  if (providers.isEmpty) return 'local-jwt';
  return providers.find(decodeCompactJws(token)?.payload.iss) ? 'oidc' : 'local-jwt';
}
