import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { PROVIDER_ALGORITHMS } from '../../../config/auth.config';
import { providerKey } from './provider-key';

const rsa = (modulusLength: number, e?: string) => {
  const jwk = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
  return createPublicKey({ key: { ...jwk, ...(e !== undefined && { e }) }, format: 'jwk' });
};
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).publicKey;
const algorithmOf = (key: ReturnType<typeof ec>, alg?: string) =>
  providerKey(
    { kid: 'k', alg, pem: key.export({ type: 'spki', format: 'pem' }) as string },
    PROVIDER_ALGORITHMS,
  )?.algorithm;

describe('providerKey', () => {
  it('uses a key with the algorithm that it names, else with the first allowed one that fits', () => {
    expect(algorithmOf(rsa(2048), 'PS384')).toBe('PS384');
    expect(algorithmOf(rsa(2048))).toBe('RS256');
    expect(['P-256', 'P-384', 'P-521'].map((curve) => algorithmOf(ec(curve)))).toEqual([
      'ES256',
      'ES384',
      'ES512',
    ]);
  });

  it.each([
    ['an RSA key of 1024 bits', rsa(1024), undefined],
    ['an RSA key with the exponent 1, under which everybody can sign', rsa(2048, 'AQ'), undefined],
    ['an RSA key with an even exponent', rsa(2048, 'BA'), undefined],
    ['a curve that JWS does not know', ec('secp256k1'), undefined],
    ['an RSA key that names an EC algorithm', rsa(2048), 'ES256'],
    ['an EC key that names the algorithm of another curve', ec('P-256'), 'ES384'],
    ['a key for encryption', rsa(2048), 'RSA-OAEP'],
  ])('has no use for %s (R12, R32)', (_what, key, alg) => {
    expect(algorithmOf(key, alg)).toBeUndefined();
  });
});
