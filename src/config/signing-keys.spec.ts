import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { makeKeyPair } from '../../test/support/tokens';
import { loadConfiguration } from './configuration';
import { privateKeys } from './signing-keys';

const ec = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

const AT_LEAST = 'must be an RSA key of at least 2048 bits for RS256';
const ON_P256 = 'must be an EC key on the curve P-256 for ES256';
const IN_PEM = 'must be a private key in PEM form';

describe('R12: signing keys', () => {
  it.each(['RS256', 'ES256'] as const)(
    'take a fit key for %s and name it by its thumbprint',
    async (algorithm) => {
      const { privatePem, publicKey } = makeKeyPair(algorithm);
      const { kid, verificationKey } = privateKeys(algorithm, privatePem);
      expect(kid).toBe(await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }) as never));
      expect(verificationKey.type).toBe('public');
    },
  );

  it('take a key whose line breaks are written as two characters', () => {
    const { privatePem } = makeKeyPair('ES256');
    expect(privateKeys('ES256', privatePem.replaceAll('\n', '\\n')).kid).toBe(
      privateKeys('ES256', privatePem).kid,
    );
  });

  it.each<[string, 'RS256' | 'ES256', string, string]>([
    ['RSA of 1024 bits', 'RS256', makeKeyPair('RS256', 1024).privatePem, AT_LEAST],
    ['an EC key for RS256', 'RS256', ec('P-256'), AT_LEAST],
    ['an RSA key for ES256', 'ES256', makeKeyPair('RS256').privatePem, ON_P256],
    ['P-384 for ES256', 'ES256', ec('P-384'), ON_P256],
    ['secp256k1 for ES256', 'ES256', ec('secp256k1'), ON_P256],
    ['a public key', 'ES256', makeKeyPair('ES256').publicPem, IN_PEM],
    ['no PEM', 'ES256', 'a secret that is no key', IN_PEM],
  ])('refuse %s, and say what is needed and not the key', (_case, algorithm, pem, message) => {
    expect(() => privateKeys(algorithm, pem)).toThrow(new Error(message));
  });

  it.each([
    [
      'a secret of 31 bytes',
      { AUTH_JWT_SECRET_KEY: 'k3Y-'.repeat(7) + 'abc' },
      'AUTH_JWT_SECRET_KEY must have at least 32',
    ],
    ['RS256 without a key', { AUTH_JWT_ALGORITHM: 'RS256' }, 'AUTH_JWT_PRIVATE_KEY is required'],
    ['the algorithm none', { AUTH_JWT_ALGORITHM: 'none' }, 'AUTH_JWT_ALGORITHM must be one of'],
  ])('stop the start: %s', (_case, environment, message) => {
    expect(() => loadConfiguration({ NODE_ENV: 'test', ...environment })).toThrow(message);
  });
});
