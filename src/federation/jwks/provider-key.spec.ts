import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { DEFAULT_PROVIDER_ALGORITHMS, PROVIDER_ALGORITHMS } from '../../config/oidc-issuer';
import { providerKey } from './provider-key';

const rsa = (modulusLength: number, e?: string) => {
  const jwk = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
  return createPublicKey({ key: { ...jwk, ...(e !== undefined && { e }) }, format: 'jwk' });
};
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).publicKey;
const algorithmOf = (key: ReturnType<typeof ec>, alg?: string) =>
  providerKey({ kid: 'k', alg, key }, PROVIDER_ALGORITHMS)?.algorithm;
const edwards = (point: string) =>
  createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(point, 'hex').toString('base64url') },
    format: 'jwk',
  });
const IDENTITY = `01${'00'.repeat(31)}`;

describe('providerKey', () => {
  it('is right to fear the neutral point: one signature is good for every text', () => {
    const forged = Buffer.concat([Buffer.from(IDENTITY, 'hex'), Buffer.alloc(32)]);
    for (const text of ['anything', 'and anything else']) {
      expect(verify(null, Buffer.from(text), edwards(IDENTITY), forged)).toBe(true);
    }
  });

  it('knows Ed25519 keys under either name of the algorithm, each key under one', () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    expect(algorithmOf(publicKey)).toBe('EdDSA');
    expect(algorithmOf(publicKey, 'EdDSA')).toBe('EdDSA');
    expect(algorithmOf(publicKey, 'Ed25519')).toBe('Ed25519');
    expect(
      providerKey({ kid: 'k', alg: undefined, key: publicKey }, DEFAULT_PROVIDER_ALGORITHMS),
    ).toBeUndefined();
  });

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
    ['an Ed25519 key that names an EC algorithm', generateKeyPairSync('ed25519').publicKey, 'ES256'],
    ['an EC key that names EdDSA', ec('P-256'), 'EdDSA'],
    ['an Ed448 key', generateKeyPairSync('ed448').publicKey, 'EdDSA'],
    ['a key for the exchange of keys', generateKeyPairSync('x25519').publicKey, 'EdDSA'],
    ['the neutral point of Ed25519, under which everybody can sign', edwards(IDENTITY), 'EdDSA'],
    ['the same with its sign set', edwards(`01${'00'.repeat(30)}80`), 'EdDSA'],
    [
      'a point of order 8',
      edwards('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
      'Ed25519',
    ],
  ])('has no use for %s (R12, R32)', (_what, key, alg) => {
    expect(algorithmOf(key, alg)).toBeUndefined();
  });
});
