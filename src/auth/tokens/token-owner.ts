import type { OidcConfig } from '../../config/auth.config';
import { decodeCompactJws } from './compact-jws';

/** Whose rules a bearer token is checked by. */
export type TokenOwner = 'local-jwt' | 'oidc';

/**
 * Routes a token by its issuer, still unverified: those of configured providers go to `oidc`, every other to `local-jwt`.
 * This only chooses the verifier; the verifier checks the issuer again.
 */
export function tokenOwner(token: string, { issuers }: Pick<OidcConfig, 'issuers'>): TokenOwner {
  if (issuers.size === 0) return 'local-jwt';
  const issuer = decodeCompactJws(token)?.payload.iss;
  return typeof issuer === 'string' && issuers.has(issuer) ? 'oidc' : 'local-jwt';
}
