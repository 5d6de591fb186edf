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
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails ?? {};
  if (type === 'rsa') return /^[RP]S/.test(algorithm) && modulusLength >= MIN_RSA_BITS;
  return type === 'ec' && CURVES[namedCurve] === algorithm;
}
