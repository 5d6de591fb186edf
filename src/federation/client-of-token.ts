import type { JsonObject } from '../common/json-object';
import type { OidcIssuer } from '../config/oidc-issuer';
import { claimValue } from './claim-value';

/**
 * The client that a token was issued to: the issuer's client claim, or without one `client_id` (RFC 9068 section 2.2), or else
 * `azp` (OpenID Connect Core 1.0 section 2). Any value, also none.
 */
export function clientOf(claims: JsonObject, { clientClaim }: Pick<OidcIssuer, 'clientClaim'>): unknown {
  if (clientClaim !== undefined) return claimValue(claims, clientClaim);
  return 'client_id' in claims ? claims.client_id : claims.azp;
}
