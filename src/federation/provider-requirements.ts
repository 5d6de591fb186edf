import type { JsonObject } from '../common/json-object';
import type { OidcIssuer, RequiredClaim } from '../config/oidc-issuer';
import { isNumericDate, type Refusal } from '../tokens/claim-rules';
import { claimValue } from './claim-value';

/** Input of the operator's requirements on an issuer's tokens. `now` and `leeway` in seconds. */
export interface RequirementChecks {
  readonly kind: 'id' | 'access';
  readonly issuer: OidcIssuer;
  readonly now: number;
  readonly leeway: number;
}

/** Answers why the issuer's requirements refuse a token; undefined when they accept it. */
export function checkRequirements(
  claims: JsonObject,
  { kind, issuer, now, leeway }: RequirementChecks,
): Refusal | undefined {
  const missing = issuer.requiredClaims.find((required) => !isMet(claims, required));
  if (missing) return `required claim ${missing.claim}`;
  if (kind === 'access' && !hasScopes(claims, issuer.requiredScopes)) return 'scope';
  return checkSignInAge(claims.auth_time, issuer.maxAuthAgeSeconds, now, leeway);
}

/** Whether a claim is one of the values, or a list that contains one of them (`amr`). */
function isMet(claims: JsonObject, { claim, values }: RequiredClaim): boolean {
  const value = claimValue(claims, claim);
  const given: unknown[] = Array.isArray(value) ? value : [value];
  return values.some((good) => given.includes(good));
}

/** RFC 9068 section 2.2.3: `scope` is a string; Entra sends a string and Okta a list in `scp`. */
function hasScopes({ scope, scp }: JsonObject, required: readonly string[]): boolean {
  const given = [scope, scp].flatMap((value: unknown) =>
    typeof value === 'string' ? value.split(' ') : value,
  );
  return required.every((name) => given.includes(name));
}

/** OpenID Connect Core 1.0 section 3.1.3.7 (13): refuses a sign-in that is too long ago. */
function checkSignInAge(
  time: unknown,
  maxAge: number | undefined,
  now: number,
  leeway: number,
): Refusal | undefined {
  if (maxAge === undefined) return undefined;
  if (!isNumericDate(time) || time > now + leeway) return 'auth_time';
  return now > time + maxAge + leeway ? 'sign-in too long ago' : undefined;
}
