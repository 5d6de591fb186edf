import { isUtf8 } from 'node:buffer';
import { isJsonObject, type JsonObject } from '../common/json-object';

/** Longest token that is decoded, in characters; a token with 200 directory groups is shorter. */
export const MAX_TOKEN_LENGTH = 12 * 1024;
/** Longest token that `POST /auth/validate` reads completely, to answer that it is not valid. */
export const MAX_READ_TOKEN_LENGTH = 1024 * 1024;

/** A signed token, decoded and not yet verified. */
export interface UnverifiedToken {
  /** As received. */
  readonly raw: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly signature: Buffer;
}

/**
 * Decodes the JWS compact serialization (RFC 7515 section 7.1) strictly: three parts in canonical base64url, header and payload
 * JSON objects in UTF-8. Undefined for anything else. Verifies nothing.
 */
export function decodeCompactJws(token: string): UnverifiedToken | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const parts = token.split('.', 4);
  if (parts.length !== 3) return undefined;
  const [headerPart, payloadPart, signaturePart] = parts as [string, string, string];
  const signature = decodeBase64url(signaturePart);
  const header = signature && decodeObject(headerPart);
  const payload = header && decodeObject(payloadPart);
  return payload && { raw: token, header, payload, signature };
}

/** Why a token cannot be decoded or is not signed, in one word for logs. */
export type TokenFormFault = 'too-long' | 'opaque' | 'unsigned' | 'form';

/** What the operator of the issuer can do about a token that is not accepted because of its form, for the log. */
export const FORM_ADVICE: Readonly<Record<TokenFormFault, string | undefined>> = {
  'too-long': `longer than ${MAX_TOKEN_LENGTH} characters: have the provider put fewer groups or roles into the token`,
  opaque:
    'not a JWT: send the ID token, or have the provider issue JWTs for this API (register the API there, request its audience)',
  unsigned:
    'alg is none: have the provider sign its tokens; emulators do not, and their tokens prove nothing',
  form: undefined,
};

/** The fault of a token that `decodeCompactJws` does not accept, or that is unsigned; undefined for any other token. */
export function tokenFormFault(
  token: string,
  decoded: UnverifiedToken | undefined,
): TokenFormFault | undefined {
  if (decoded) return isUnsigned(decoded.header) ? 'unsigned' : undefined;
  if (token.length > MAX_TOKEN_LENGTH) return 'too-long';
  const parts = token.split('.', 4);
  if (parts.length < 3) return 'opaque';
  const header = parts.length === 3 ? decodeObject(parts[0] ?? '') : undefined;
  return header && isUnsigned(header) ? 'unsigned' : 'form';
}

/** RFC 7519 section 6; other spellings of `none` mean the same. */
function isUnsigned({ alg }: JsonObject): boolean {
  return typeof alg === 'string' && alg.toLowerCase() === 'none';
}

/** Signature length in bytes of each elliptic-curve algorithm (RFC 7518 section 3.4, RFC 8032 section 5.1.6). */
const SIGNATURE_BYTES = new Map<unknown, number>([
  ['ES256', 64],
  ['ES384', 96],
  ['ES512', 132],
  ['EdDSA', 64],
  ['Ed25519', 64],
]);

/** Whether the signature has the length of its algorithm: jsonwebtoken treats another length as a programming error. */
export function hasSignatureLength({ header, signature }: UnverifiedToken): boolean {
  const length = SIGNATURE_BYTES.get(header.alg);
  return length === undefined || signature.length === length;
}

function decodeObject(part: string): JsonObject | undefined {
  const bytes = decodeBase64url(part);
  if (!bytes || !isUtf8(bytes)) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** RFC 4648 section 3.5: non-zero trailing bits encode the same bytes differently; only the canonical form is accepted. */
function decodeBase64url(part: string): Buffer | undefined {
  if (part === '') return undefined;
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}
