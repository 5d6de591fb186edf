import { createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto';
import { privateKey, publicKeys, secretKey, thumbprint } from './signing-keys';

/** The key of RFC 7638 section 3.1. */
const RFC_7638_KEY = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
  alg: 'RS256',
  kid: '2011-04-29',
};

const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey;
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const pem = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' = 'pkcs8') =>
  key.export({ type, format: 'pem' }) as string;

describe('thumbprint', () => {
  it('is the one of the example in RFC 7638 section 3.1', () => {
    const key = createPublicKey({ key: RFC_7638_KEY, format: 'jwk' });
    expect(thumbprint(key)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });

  it('tells keys apart and is the same for the private and the public half', () => {
    const [one, other] = [ec('P-256'), ec('P-256')];
    expect(thumbprint(one)).toBe(thumbprint(createPublicKey(one)));
    expect(thumbprint(one)).not.toBe(thumbprint(other));
  });
});

describe('privateKey', () => {
  it.each([
    ['RS256', 'pkcs8', rsa(2048)],
    ['RS256', 'pkcs1', rsa(2048)],
    ['ES256', 'pkcs8', ec('P-256')],
    ['ES256', 'sec1', ec('P-256')],
  ] as const)('reads a key for %s in %s: what one half signs, the other verifies', (algorithm, form, key) => {
    const keys = privateKey(algorithm, pem(key, form));
    const signature = sign('sha256', Buffer.from('text'), keys.signingKey);
    expect(verify('sha256', Buffer.from('text'), keys.key, signature)).toBe(true);
    expect(keys).toMatchObject({ algorithm, kid: thumbprint(key) });
    expect(keys.key.type).toBe('public');
  });

  it.each([
    ['RS256', 'a key of 2047 bits', pem(rsa(2047)), 'must be an RSA key of at least 2048 bits for RS256'],
    ['RS256', 'a key of 1024 bits', pem(rsa(1024)), 'must be an RSA key of at least 2048 bits for RS256'],
    ['RS256', 'an EC key', pem(ec('P-256')), 'must be an RSA key of at least 2048 bits for RS256'],
    ['ES256', 'a key on P-384', pem(ec('P-384')), 'must be an EC key on the curve P-256 for ES256'],
    ['ES256', 'a key on secp256k1', pem(ec('secp256k1')), 'must be an EC key on the curve P-256 for ES256'],
    ['ES256', 'an RSA key', pem(rsa(2048)), 'must be an EC key on the curve P-256 for ES256'],
  ] as const)('refuses for %s %s', (algorithm, _what, key, message) => {
    expect(() => privateKey(algorithm, key)).toThrow(new Error(message));
  });

  it.each([
    ['a public key', createPublicKey(ec('P-256')).export({ type: 'spki', format: 'pem' }) as string],
    ['a text', 'not a key'],
    [
      'an encrypted key',
      ec('P-256').export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }) as string,
    ],
  ])('refuses %s', (_what, key) => {
    expect(() => privateKey('ES256', key)).toThrow(new Error('must be a private key in PEM form'));
  });
});

describe('publicKeys', () => {
  const spki = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string;

  it('reads several, one after the other, each for the algorithm of its kind', () => {
    const [one, other] = [rsa(2048), ec('P-256')];
    for (const text of [spki(one) + spki(other), (spki(one) + spki(other)).replaceAll('\n', '\\n')]) {
      expect(publicKeys(text)).toMatchObject([
        { algorithm: 'RS256', kid: thumbprint(one) },
        { algorithm: 'ES256', kid: thumbprint(other) },
      ]);
    }
  });

  it.each([
    ['a short RSA key', spki(rsa(1024))],
    ['a key on another curve', spki(ec('P-384'))],
  ])('refuses %s among them', (_what, key) => {
    expect(() => publicKeys(spki(ec('P-256')) + key)).toThrow(
      new Error('must be an RSA key of at least 2048 bits or an EC key on the curve P-256'),
    );
  });

  it('refuses a private key', () => {
    expect(() => publicKeys(pem(ec('P-256')))).toThrow(new Error('must be public keys in PEM form'));
  });

  it.each([
    ['a text without any key', 'none'],
    ['a key that is cut short behind a good one', spki(ec('P-256')) + spki(ec('P-256')).slice(0, 90)],
    ['a text behind a good one', `${spki(ec('P-256'))}and another`],
  ])('refuses %s', (_what, text) => {
    expect(() => publicKeys(text)).toThrow(
      new Error('must be public keys in PEM form, one after the other, and nothing else'),
    );
  });
});

describe('secretKey', () => {
  it('refuses fewer than 32 bytes', () => {
    expect(() => secretKey('x'.repeat(31))).toThrow(new Error('must have at least 32 bytes'));
    expect(secretKey('ü'.repeat(16)).key.symmetricKeySize).toBe(32);
  });

  it('uses the bytes of the text for both halves, without an identifier', () => {
    const keys = secretKey('ü and thirty more bytes, at the least');
    expect(keys.signingKey.export().toString()).toBe('ü and thirty more bytes, at the least');
    expect(keys.key).toBe(keys.signingKey);
    expect(keys).toMatchObject({ algorithm: 'HS256', kid: undefined });
  });
});
