import { createPublicKey, type KeyObject } from 'node:crypto';
import type { ProviderAlgorithm } from '../../../config/auth.config';
import { MIN_RSA_BITS } from '../../../config/signing-keys';

/** A key of a provider that tokens may be verified with. */
export interface ProviderKey {
  readonly kid: string | undefined;
  readonly algorithm: ProviderAlgorithm;
  readonly key: KeyObject;
}

/** RFC 7518 section 3.4. */
const CURVES: Readonly<Record<string, ProviderAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/**
 * A public key as one of ours, or undefined when it is too weak or for nothing that is allowed. A key is used with one
 * algorithm only (RFC 8725 section 3.1): the one it names, else the first allowed one that fits it.
 */
export function providerKey(
  { kid, alg, pem }: { kid: string | undefined; alg: string | undefined; pem: string },
  allowed: readonly ProviderAlgorithm[],
): ProviderKey | undefined {
  const key = createPublicKey(pem);
  const algorithm = allowed.find(
    (candidate) => (alg === undefined || candidate === alg) && fits(candidate, key),
  );
  return algorithm && { kid, algorithm, key };
}

function fits(
  algorithm: ProviderAlgorithm,
  { asymmetricKeyType: type, asymmetricKeyDetails }: KeyObject,
): boolean {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = asymmetricKeyDetails ?? {};
  // NIST SP 800-56B section 6.2: an odd exponent; with 1, everybody can sign.
  const isStrong = modulusLength >= MIN_RSA_BITS && publicExponent >= 3n && publicExponent % 2n === 1n;
  if (type === 'rsa') return /^[RP]S/.test(algorithm) && isStrong;
  return type === 'ec' && CURVES[namedCurve] === algorithm;
}
