import { createHash, createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';

/** The algorithms that we sign with. */
export type SigningAlgorithm = 'HS256' | 'RS256' | 'ES256';

/** The key pair (or the one secret) of our own tokens. */
export interface SigningKeys {
  readonly algorithm: SigningAlgorithm;
  readonly signingKey: KeyObject;
  readonly verificationKey: KeyObject;
  /** RFC 7638 thumbprint of the public key; a secret has no identifier. */
  readonly kid: string | undefined;
}

/** Bytes that an HS256 secret must have at least (RFC 7518 section 3.2). */
export const MIN_SECRET_BYTES = 32;
/** Bits that an RSA key must have at least (RFC 7518 section 3.3). */
export const MIN_RSA_BITS = 2048;

/** Keys of HS256; the caller has checked the length. */
export function secretKeys(secret: string): SigningKeys {
  const key = createSecretKey(secret, 'utf8');
  return { algorithm: 'HS256', signingKey: key, verificationKey: key, kid: undefined };
}

/** Keys of RS256 or ES256 from a PEM private key; throws an Error that says what is wrong, never the key. */
export function privateKeys(algorithm: 'RS256' | 'ES256', pem: string): SigningKeys {
  const signingKey = readPrivateKey(pem);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = signingKey;
  if (algorithm === 'RS256' && (type !== 'rsa' || (details?.modulusLength ?? 0) < MIN_RSA_BITS)) {
    throw new Error(`must be an RSA key of at least ${MIN_RSA_BITS} bits for RS256`);
  }
  if (algorithm === 'ES256' && (type !== 'ec' || details?.namedCurve !== 'prime256v1')) {
    throw new Error('must be an EC key on the curve P-256 for ES256');
  }
  const verificationKey = createPublicKey(signingKey);
  return { algorithm, signingKey, verificationKey, kid: thumbprint(verificationKey) };
}

function readPrivateKey(pem: string): KeyObject {
  try {
    // Secret stores that keep one line hold the line breaks as two characters.
    return createPrivateKey(pem.replaceAll('\\n', '\n'));
  } catch {
    throw new Error('must be a private key in PEM form');
  }
}

/** RFC 7638 section 3: SHA-256 over the required members in lexicographic order, base64url. */
export function thumbprint(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' });
  const members = kty === 'RSA' ? { e, kty, n } : { crv, kty, x, y };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
