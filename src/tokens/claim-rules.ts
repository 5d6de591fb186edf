import type { JsonObject } from '../common/json-object';

/** The reason for a refusal, for the log. */
export type Refusal = string;

/** RFC 7519 section 2, NumericDate: a JSON number of seconds; 1e999 parses to Infinity and is refused. */
export function isNumericDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** Whether a claim is a non-empty string. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/**
 * Checks `exp` and `iat` (required) and `nbf` (RFC 7519 sections 4.1.4 to 4.1.6); `now` and `leeway` in seconds. An `iat` in the
 * future means that a clock is wrong.
 */
export function checkTimes(claims: JsonObject, now: number, leeway: number): Refusal | undefined {
  const { exp, iat, nbf } = claims;
  if (!isNumericDate(exp) || !isNumericDate(iat)) return 'times';
  if (now >= exp + leeway) return 'expired';
  if (iat > now + leeway) return 'issued in the future';
  if (nbf !== undefined && (!isNumericDate(nbf) || nbf > now + leeway)) return 'not yet valid';
  return undefined;
}

/** From when and until when `checkTimes` accepts claims that it has accepted once, in milliseconds. */
export function validity(
  { exp, iat, nbf }: JsonObject,
  leeway: number,
): { readonly validFrom: number; readonly validUntil: number } {
  const from = Math.max(iat as number, (nbf as number | undefined) ?? -Infinity);
  return { validFrom: (from - leeway) * 1000, validUntil: ((exp as number) + leeway) * 1000 };
}

/**
 * Checks the claims about the sign-in: `email_verified` (OpenID Connect Core 1.0 section 5.1), `auth_time` (section 2) and
 * `amr` (RFC 8176), and `client_id` (RFC 9068 section 2.2). Tokens issued by version 1.0.0 have none of them. `session_version`
 * is our own claim, present after a password change has replaced the tokens of a continuing session.
 */
export function checkSignInClaims(claims: JsonObject): Refusal | undefined {
  const areGood = SIGN_IN_CLAIMS.every(
    ([name, isGood]) => claims[name] === undefined || isGood(claims[name]),
  );
  return areGood ? undefined : 'claims';
}

const SIGN_IN_CLAIMS: readonly (readonly [name: string, isGood: (value: unknown) => boolean])[] = [
  ['email_verified', (value) => typeof value === 'boolean'],
  ['auth_time', isNumericDate],
  ['amr', (value) => Array.isArray(value) && value.every(isText)],
  ['client_id', isText],
  ['session_version', Number.isSafeInteger],
];

/** RFC 7519 section 4.1.3: whether `aud` is an allowed string, or a list of strings that contains one. */
export function hasAudience(aud: unknown, allowed: readonly string[]): boolean {
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  return (
    audiences.every((audience) => typeof audience === 'string') &&
    audiences.some((audience) => allowed.includes(audience))
  );
}
