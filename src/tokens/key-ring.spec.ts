import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { privateKey, publicKeys, secretKey, type VerificationKey } from '../config/signing-keys';
import type { TokenConfig } from '../config/token.config';
import { KeyRing } from './key-ring';
import { signHs256 } from '../../test/support/tokens/tokens';

const pem = (algorithm: 'RS256' | 'ES256') => {
  const { privateKey: key } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
};

const [TODAY, BEFORE, FOREIGN] = [
  'the secret of today, 32 bytes long',
  'the secret of before, 32 bytes long',
  'the secret of nobody, 32 bytes long',
] as const;
const ES256 = privateKey('ES256', pem('ES256'));
const RS256 = privateKey('RS256', pem('RS256'));

/** Keys as a configuration with these would have them. */
function keysOf(...verificationKeys: VerificationKey[]): KeyRing {
  return new KeyRing({ verificationKeys } as Partial<TokenConfig> as TokenConfig);
}

describe('LocalKeys', () => {
  describe('with public keys', () => {
    const keys = keysOf(ES256, RS256);

    it('finds each by its kid and its own algorithm (R2, R13)', () => {
      expect(keys.find({ alg: 'ES256', kid: ES256.kid }, '')).toBe(ES256.key);
      expect(keys.find({ alg: 'RS256', kid: RS256.kid }, '')).toBe(RS256.key);
    });

    it.each([
      ["another key's algorithm", { alg: 'RS256', kid: ES256.kid }],
      ['a hash of another size', { alg: 'RS512', kid: RS256.kid }],
      ['another scheme for the same key', { alg: 'PS256', kid: RS256.kid }],
      ['HMAC with the public key (R2)', { alg: 'HS256', kid: RS256.kid }],
      ['HMAC without a kid', { alg: 'HS256' }],
      ['no algorithm', { kid: ES256.kid }],
      ['"none"', { alg: 'none', kid: ES256.kid }],
      ['a list for the algorithm', { alg: ['ES256'], kid: ES256.kid }],
      ['no kid', { alg: 'ES256' }],
      ['an unknown kid', { alg: 'ES256', kid: 'x' }],
      ['a kid in other letter case', { alg: 'ES256', kid: ES256.kid?.toUpperCase() }],
      ['the name of a property of every object', { alg: 'ES256', kid: '__proto__' }],
      ['another such name', { alg: undefined, kid: 'constructor' }],
      ['a list that holds the kid', { alg: 'ES256', kid: [ES256.kid] }],
      ['null', { alg: 'ES256', kid: null }],
      ['no kid and no algorithm', {}],
    ])('finds none for %s (R4, R5)', (_what, header) => {
      expect(keys.find(header, signHs256(header, {}, FOREIGN))).toBeUndefined();
    });

    it('publishes them in order, each with kid, use and algorithm, and no private member', async () => {
      expect(keys.published.map(({ kid, use, alg }) => ({ kid, use, alg }))).toEqual([
        { kid: ES256.kid, use: 'sig', alg: 'ES256' },
        { kid: RS256.kid, use: 'sig', alg: 'RS256' },
      ]);
      for (const jwk of keys.published) {
        expect(await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0])).toBe(
          jwk.kid,
        );
        expect(
          Object.keys(jwk).filter((member) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(member)),
        ).toEqual([]);
      }
    });

    it('names the algorithms of its keys, and of no others', () => {
      expect(keys.algorithms).toEqual(['ES256', 'RS256']);
      expect(keysOf(ES256, privateKey('ES256', pem('ES256'))).algorithms).toEqual(['ES256']);
      expect(keysOf(secretKey(TODAY)).algorithms).toEqual(['HS256']);
    });
  });

  describe('with a secret', () => {
    const keys = keysOf(secretKey(TODAY));
    const header = { alg: 'HS256' };

    it('finds it for HS256 without a kid', () => {
      expect(
        keys
          .find(header, signHs256(header, {}, TODAY))
          ?.export()
          .toString(),
      ).toBe(TODAY);
    });

    it.each([
      ['a kid', { alg: 'HS256', kid: 'x' }],
      ['a kid that is undefined', { alg: 'HS256', kid: undefined }],
      ['HS384', { alg: 'HS384' }],
      ['HS512', { alg: 'HS512' }],
      ['RS256', { alg: 'RS256' }],
      ['no algorithm', {}],
    ])('finds none for %s', (_what, other) => {
      expect(keys.find(other, signHs256(other, {}, TODAY))).toBeUndefined();
    });

    it('publishes nothing', () => {
      expect(keys.published).toEqual([]);
    });
  });

  describe('with several secrets', () => {
    const keys = keysOf(secretKey(TODAY), secretKey(BEFORE), ...publicKeys(publicPem()));
    const header = { alg: 'HS256' };

    it.each([TODAY, BEFORE])('finds the one that made the signature: %s (J31)', (secret) => {
      expect(
        keys
          .find(header, signHs256(header, { a: 1 }, secret))
          ?.export()
          .toString(),
      ).toBe(secret);
    });

    it.each([
      ['made by another secret', signHs256(header, {}, FOREIGN)],
      ['cut short', signHs256(header, {}, BEFORE).slice(0, -2)],
      ['missing', signHs256(header, {}, BEFORE).replace(/[^.]*$/, '')],
      ['of another text', signHs256(header, {}, BEFORE).replace('.', '.x')],
    ])('finds none for a signature that is %s', (_what, token) => {
      expect(keys.find(header, token)).toBeUndefined();
    });

    it('publishes the public keys among them', () => {
      expect(keys.published.map(({ alg }) => alg)).toEqual(['ES256']);
    });
  });
});

function publicPem(): string {
  return ES256.key.export({ type: 'spki', format: 'pem' }) as string;
}
