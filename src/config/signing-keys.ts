import { createHash, createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';

/** The supported signing algorithms. */
export type SigningAlgorithm = 'HS256' | 'RS256' | 'ES256';

/** A key that verifies our tokens, with one algorithm only (RFC 8725 section 3.1). */
export interface VerificationKey {
  readonly algorithm: SigningAlgorithm;
  readonly key: KeyObject;
  /** RFC 7638 thumbprint of a public key; a secret has no identifier. */
  readonly kid: string | undefined;
}

/** A signing key and its verification key. */
export interface SigningKey extends VerificationKey {
  readonly signingKey: KeyObject;
}

/** The keys of the settings. */
export interface KeySettings {
  readonly signing: SigningKey;
  /** The current key and the additional ones. */
  readonly verification: readonly VerificationKey[];
  /** Keys of refresh tokens: the current one, then previous ones. */
  readonly refresh: readonly Buffer[];
  /** Keys of the audit log: the current one, then previous ones. */
  readonly audit: readonly Buffer[];
}

/** Minimum length of an HS256 secret in bytes (RFC 7518 section 3.2). */
export const MIN_SECRET_BYTES = 32;
/** Minimum length of an RSA key in bits (RFC 7518 section 3.3). */
export const MIN_RSA_BITS = 2048;
const PEM_BLOCK = /-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g;
const RULES = {
  RS256: `an RSA key of at least ${MIN_RSA_BITS} bits`,
  ES256: 'an EC key on the curve P-256',
} as const;

/** The key of HS256; throws an Error that says what is wrong, never the secret. */
export function secretKey(secret: string): SigningKey {
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new Error(`must have at least ${MIN_SECRET_BYTES} bytes`);
  }
  const key = createSecretKey(secret, 'utf8');
  return { algorithm: 'HS256', signingKey: key, key, kid: undefined };
}

/** The key of RS256 or ES256 from a PEM private key; throws an Error that says what is wrong, never the key. */
export function privateKey(algorithm: 'RS256' | 'ES256', pem: string): SigningKey {
  const signingKey = readPem(pem, createPrivateKey, 'must be a private key in PEM form');
  const key = createPublicKey(signingKey);
  if (algorithmOf(key) !== algorithm) throw new Error(`must be ${RULES[algorithm]} for ${algorithm}`);
  return { algorithm, signingKey, key, kid: thumbprint(key) };
}

/** The keys of concatenated PEM public keys; throws an Error that says what is wrong. */
export function publicKeys(pems: string): VerificationKey[] {
  const text = lineBreaks(pems);
  const blocks = text.match(PEM_BLOCK) ?? [];
  // A truncated block must not be ignored: the tokens of its key would be refused.
  if (blocks.length === 0 || text.replaceAll(PEM_BLOCK, '').trim() !== '') {
    throw new Error('must be public keys in PEM form, one after the other, and nothing else');
  }
  return blocks.map((block) => publicKey(readPem(block, readPublicKey, 'must be public keys in PEM form')));
}

function publicKey(key: KeyObject): VerificationKey {
  const algorithm = algorithmOf(key);
  if (algorithm === undefined) throw new Error(`must be ${RULES.RS256} or ${RULES.ES256}`);
  return { algorithm, key, kid: thumbprint(key) };
}

/** The algorithm depends on the type of the key, never on a token. */
function algorithmOf(key: KeyObject): 'RS256' | 'ES256' | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= MIN_RSA_BITS) return 'RS256';
  return type === 'ec' && details?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
}

/** createPublicKey also accepts a private key: one among the public keys is reported as an error. */
function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE')) throw new Error('a private key');
  return createPublicKey(pem);
}

function readPem(pem: string, read: (pem: string) => KeyObject, rule: string): KeyObject {
  try {
    return read(lineBreaks(pem));
  } catch {
    throw new Error(rule);
  }
}

/** Single-line secret stores encode line breaks as two characters. */
function lineBreaks(pem: string): string {
  return pem.replaceAll('\\n', '\n');
}

/** RFC 7638 section 3: SHA-256 over the required members in lexicographic order, base64url. */
export function thumbprint(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' });
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
