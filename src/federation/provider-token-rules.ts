import { CONTROL_CHARACTERS } from '../common/validation/text-rules';
import type { OidcIssuer } from '../config/oidc-issuer';
import { checkTimes, hasAudience, isText, type Refusal } from '../tokens/claim-rules';
import type { JsonObject } from '../common/json-object';
import { findClaim, formOf } from './claim-value';
import { clientOf } from './client-of-token';
import type { CheckedClaims, RequiredClaims } from './map-claims';
import { checkRequirements } from './provider-requirements';

/** The header of an acceptable token. */
export interface ProviderHeader {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** OpenID Connect Core 1.0 section 2. */
const MAX_SUBJECT_LENGTH = 255;
/** Media types of ID and access tokens, without `application/`; many providers send none. */
const ACCESS_TYPE = 'at+jwt';
const TYPES = ['jwt', ACCESS_TYPE];

/** Answers the header, or the reason for refusing it. */
export function readProviderHeader(
  { alg, kid, typ, ...rest }: JsonObject,
  { algorithms }: OidcIssuer,
): ProviderHeader | Refusal {
  if (!algorithms.some((allowed) => allowed === alg)) return 'algorithm';
  if (typ !== undefined && !TYPES.includes(mediaType(typ))) return 'type';
  if (kid !== undefined && !isText(kid)) return 'key id';
  // RFC 7515 section 4.1.11: no extension is implemented; RFC 7797 section 7: nor the unencoded payload.
  if ('crit' in rest || 'b64' in rest) return 'critical header';
  return { alg: alg as string, kid };
}

/** What verified claims are checked against. */
export interface ClaimChecks {
  /** `typ` of the header. */
  readonly typ: unknown;
  readonly issuer: OidcIssuer;
  /** In seconds. */
  readonly now: number;
  /** In seconds. */
  readonly leeway: number;
}

/** Answers the claims if the issuer's rules accept them, otherwise the reason for refusing them. */
export function checkProviderClaims(
  claims: JsonObject,
  { typ, issuer, now, leeway }: ClaimChecks,
): CheckedClaims | Refusal {
  if (!issuer.spellings.some((spelling) => spelling === claims.iss)) return 'issuer';
  if (!isSubject(claims.sub)) return 'subject';
  const kind = kindOf(claims, typ, issuer);
  if (kind === undefined || (issuer.tokenUse !== 'any' && issuer.tokenUse !== kind)) return 'kind';
  // RFC 7800 section 3: only the holder of that key may use the token, and no proof (RFC 9449, RFC 8705) is checked here.
  if (claims.cnf !== undefined) return 'bound to a key';
  const checkAudience = kind === 'id' ? checkIdAudience : checkAccessAudience;
  return (
    checkAudience(claims, issuer) ??
    checkTimes(claims, now, leeway) ??
    checkRequirements(claims, { kind, issuer, now, leeway }) ??
    withSubject(claims as RequiredClaims, kind, issuer)
  );
}

/**
 * In an ID token `sub` is never reassigned (OpenID Connect Core 1.0 section 2); in an access token it may be the current
 * sign-in name (Okta). So an access token must have the issuer's subject claim; an ID token without it falls back to `sub`.
 */
function withSubject(
  claims: RequiredClaims,
  kind: 'id' | 'access',
  { subjectClaim }: OidcIssuer,
): CheckedClaims | Refusal {
  const { value, obstacle } = findClaim(claims, subjectClaim);
  if (value === undefined && !obstacle && kind === 'id') return { kind, claims, subject: claims.sub };
  if (isSubject(value)) return { kind, claims, subject: value };
  return `subject claim ${subjectClaim} (${obstacle ? formOf(obstacle.value) : formOf(value)})`;
}

function isSubject(sub: unknown): sub is string {
  return (
    isText(sub) && sub.length <= MAX_SUBJECT_LENGTH && !CONTROL_CHARACTERS.test(sub) && sub.isWellFormed()
  );
}

/**
 * Undefined for neither: a logout token or another security event (RFC 8417 section 2.2), or an unknown `token_use` of Cognito.
 * A token without a mark of either is of the issuer's `unmarkedKind`; one without an audience, where clients are listed, is an
 * access token.
 */
function kindOf(
  claims: JsonObject,
  typ: unknown,
  { unmarkedKind, clients }: OidcIssuer,
): 'id' | 'access' | undefined {
  const { token_use: use, events } = claims;
  if (events !== undefined || (use !== undefined && use !== 'id' && use !== 'access')) return undefined;
  if (isMarkedAccess(claims, typ) || (clients !== undefined && claims.aud === undefined)) return 'access';
  return use === 'id' || isMarkedId(claims) ? 'id' : unmarkedKind;
}

function isMarkedAccess(claims: JsonObject, typ: unknown): boolean {
  return (
    mediaType(typ) === ACCESS_TYPE || claims.token_use === 'access' || 'scope' in claims || 'scp' in claims
  );
}

/** OpenID Connect Core 1.0 sections 2, 3.1.3.6 and 3.3.2.11: only ID tokens have these; Keycloak also sends `typ: "ID"`. */
function isMarkedId(claims: JsonObject): boolean {
  return claims.typ === 'ID' || ['nonce', 'at_hash', 'c_hash'].some((name) => name in claims);
}

/** OpenID Connect Core 1.0 section 3.1.3.7 (3) to (5). */
function checkIdAudience(
  { aud, azp }: JsonObject,
  { audiences: allowed, trustedAudiences: trusted }: OidcIssuer,
): Refusal | undefined {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!hasAudience(aud, allowed)) return 'audience';
  if (!audiences.every((audience) => includes(allowed, audience) || includes(trusted, audience))) {
    return 'untrusted audience';
  }
  if (azp === undefined ? audiences.length > 1 : !includes(allowed, azp)) return 'authorized party';
  return undefined;
}

/**
 * Listed clients narrow the audience and, where a token has none, stand in for it. Without them: Cognito's access tokens name
 * the client in `client_id` and usually have no audience.
 */
function checkAccessAudience(claims: JsonObject, issuer: OidcIssuer): Refusal | undefined {
  const { audiences, clients } = issuer;
  if (clients && !includes(clients, clientOf(claims, issuer))) return 'unlisted client';
  if (claims.aud !== undefined) return hasAudience(claims.aud, audiences) ? undefined : 'audience';
  const isOfCognito = claims.token_use === 'access' && includes(audiences, claims.client_id);
  return clients || isOfCognito ? undefined : 'audience';
}

function includes(allowed: readonly string[], value: unknown): boolean {
  return allowed.some((text) => text === value);
}

/** RFC 7515 section 4.1.9: case-insensitive, and `application/` may be omitted. */
function mediaType(typ: unknown): string {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : '';
}
