import type { JsonObject } from '../../common/json-object';

/** A refusal's reason, for the log. */
export type Refusal = string;

/** RFC 7519 section 2, NumericDate: a JSON number of seconds; 1e999 parses to Infinity and is none. */
export function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** A claim that is a text with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/**
 * Checks `exp` and `iat` (required) and `nbf` (RFC 7519 sections 4.1.4 to 4.1.6); `now` and `leeway` in seconds. An `iat` from the
 * future tells of a clock that is wrong.
 */
export function checkTimes(claims: JsonObject, now: number, leeway: number): Refusal | undefined {
  const { exp, iat, nbf } = claims;
  if (!isNumericDate(exp) || !isNumericDate(iat)) return 'times';
  if (now >= exp + leeway) return 'expired';
  if (iat > now + leeway) return 'issued in the future';
  if (nbf !== undefined && (!isNumericDate(nbf) || nbf > now + leeway)) return 'not yet valid';
  return undefined;
}

/**
 * Checks what a token says of its sign-in: `email_verified` (OpenID Connect Core 1.0 section 5.1), `auth_time` (section 2) and
 * `amr` (RFC 8176), and `client_id` (RFC 9068 section 2.2). Tokens issued by version 1.0.0 say nothing of it.
 */
export function checkSignInClaims({
  email_verified,
  auth_time,
  amr,
  client_id,
}: JsonObject): Refusal | undefined {
  const areGood =
    (email_verified === undefined || typeof email_verified === 'boolean') &&
    (auth_time === undefined || isNumericDate(auth_time)) &&
    (client_id === undefined || isText(client_id)) &&
    (amr === undefined || (Array.isArray(amr) && amr.every(isText)));
  return areGood ? undefined : 'claims';
}

/** RFC 7519 section 4.1.3: a text or a list of texts, one of which is allowed. */
export function hasAudience(aud: unknown, allowed: readonly string[]): boolean {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  return (
    audiences.every((audience) => typeof audience === 'string') &&
    audiences.some((audience) => allowed.includes(audience))
  );
}
