import { decodeCompactJws } from './compact-jws';

/** Whose rules a bearer token is checked by. */
export type TokenOwner = 'local-jwt' | 'oidc';

/**
 * Routes a token by its issuer, still unverified: the provider's own go to `oidc`, every other to `local-jwt`. This only
 * chooses the verifier; the verifier checks the issuer again.
 */
export function tokenOwner(token: string, oidcIssuer: string | undefined): TokenOwner {
  if (oidcIssuer === undefined) return 'local-jwt';
  return decodeCompactJws(token)?.payload.iss === oidcIssuer ? 'oidc' : 'local-jwt';
}
