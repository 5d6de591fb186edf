import type { KeyObject } from 'node:crypto';
import type { ProviderAlgorithm } from '../../config/oidc-issuer';
import { MIN_RSA_BITS } from '../../config/signing-keys';
import { isSmallOrder } from './ed25519';

/** A provider's key that tokens may be verified with. */
export interface ProviderKey {
  readonly kid: string | undefined;
  readonly algorithm: ProviderAlgorithm;
  readonly key: KeyObject;
}

/** A public key as published. */
export interface PublishedKey {
  readonly kid: string | undefined;
  readonly alg: string | undefined;
  readonly key: KeyObject;
}

/** RFC 7518 section 3.4. */
const CURVES: Readonly<Record<string, ProviderAlgorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

/**
 * The usable form of a public key; undefined when the key is too weak or fits no allowed algorithm. A key is used with one
 * algorithm only (RFC 8725 section 3.1): the one it names, otherwise the first allowed one that fits it.
 */
export function providerKey(
  { kid, alg, key }: PublishedKey,
  allowed: readonly ProviderAlgorithm[],
): ProviderKey | undefined {
  const algorithm = allowed.find(
    (candidate) => (alg === undefined || candidate === alg) && fits(candidate, key),
  );
  return algorithm && { kid, algorithm, key };
}

/** Whether an algorithm is for Ed25519 keys, under either of its names. */
export function isEdwards(algorithm: ProviderAlgorithm): boolean {
  return algorithm === 'EdDSA' || algorithm === 'Ed25519';
}

function fits(algorithm: ProviderAlgorithm, key: KeyObject): boolean {
  const { asymmetricKeyType: type, asymmetricKeyDetails } = key;
  if (type === 'rsa') return /^[RP]S/.test(algorithm) && isStrongRsa(key);
  if (type === 'ed25519') return isEdwards(algorithm) && !isSmallOrder(key);
  return type === 'ec' && CURVES[asymmetricKeyDetails?.namedCurve ?? ''] === algorithm;
}

/** NIST SP 800-56B section 6.2: an odd exponent; with 1, anyone can forge a signature. */
function isStrongRsa({ asymmetricKeyDetails }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  return modulusLength >= MIN_RSA_BITS && publicExponent >= 3n && publicExponent % 2n === 1n;
}
