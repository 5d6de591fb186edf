import { hasDuplicateKeys } from '../common/duplicate-keys';
import { isJsonObject, parseJson } from '../common/json-object';

/** What `AUTH_JWT_EXTRA_CLAIMS` may take from the user. */
export const USER_TEXTS = ['$uid', '$email', '$name', '$role'] as const;

const MAX_BYTES = 1024;
/**
 * Claims of our tokens and of those that services get, and claims by which verifiers decide (RFC 7519 section 4.1, RFC 7800
 * section 3.1): a constant in their place would forge them.
 */
const RESERVED = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'cnf'],
  ...['uid', 'sid', 'client_id', 'email_verified', 'auth_time', 'amr', 'session_version', 'token_use'],
  '__proto__',
];

/** Claims by name; a value that is one of `USER_TEXTS` stands for that of the user. */
export type ExtraClaims = Readonly<Record<string, unknown>>;

/** Parses the setting; throws an error whose message follows the setting's name and quotes no value. */
export function parseExtraClaims(text: string): ExtraClaims {
  if (Buffer.byteLength(text) > MAX_BYTES) throw new Error(`must be at most ${MAX_BYTES} bytes long`);
  const claims = parseJson(text);
  if (!isJsonObject(claims)) throw new Error('must be a JSON object from claims to their values');
  if (hasDuplicateKeys(text)) throw new Error('names a claim, or a member of one, twice');
  const reserved = Object.keys(claims).find((name) => RESERVED.includes(name));
  if (reserved !== undefined) throw new Error(`must not set ${reserved}, which is a claim of every token`);
  for (const [name, value] of Object.entries(claims)) {
    if (isUserText(value) || !hasPlaceholder(value)) continue;
    throw new Error(
      `has in ${JSON.stringify(name)} a text that begins with $: only ${USER_TEXTS.join(', ')} may, as the whole value of a claim`,
    );
  }
  return claims;
}

/** Whether a value stands for one of the user's. */
export function isUserText(value: unknown): value is (typeof USER_TEXTS)[number] {
  return USER_TEXTS.some((text) => text === value);
}

function hasPlaceholder(value: unknown): boolean {
  if (typeof value === 'string') return value.startsWith('$');
  return typeof value === 'object' && value !== null && Object.values(value).some(hasPlaceholder);
}
