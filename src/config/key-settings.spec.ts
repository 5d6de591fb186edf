import { createPublicKey, generateKeyPairSync, hkdfSync } from 'node:crypto';
import { readKeys } from './key-settings';
import type { KeySettings } from './signing-keys';
import type { Environment } from './environment';
import { readSettings } from './read-settings';

const [FIRST, SECOND, REFRESH] = [
  'first-secret-of-the-tests-0123456789',
  'second-secret-of-the-tests-012345678',
  'refresh-key-of-the-tests-0123456789ab',
] as const;

function pair() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    private: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    public: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
}

/** The keys of these settings, with what was found wrong. */
function read(environment: Environment) {
  const { values, faults } = readSettings(environment);
  const warnings: string[] = [];
  return { keys: readKeys(values, faults, warnings), faults, warnings };
}

function goodKeys(environment: Environment): KeySettings {
  const { keys, faults } = read(environment);
  if (!keys) throw new Error(faults.join('\n'));
  return keys;
}

/** What readKeys derives from key material (RFC 5869). */
function derived(material: string): Buffer {
  return Buffer.from(hkdfSync('sha256', material, '', 'promptstack-auth refresh tokens', 32));
}

describe('readKeys', () => {
  describe('for access tokens', () => {
    it('signs with the secret and accepts those of before, today’s first', () => {
      const { signing, verification } = goodKeys({
        AUTH_JWT_SECRET_KEY: FIRST,
        AUTH_JWT_PREVIOUS_SECRET_KEYS: `${SECOND}, ${REFRESH}`,
      });
      expect(signing.signingKey.export().toString()).toBe(FIRST);
      expect(verification.map(({ key }) => key.export().toString())).toEqual([FIRST, SECOND, REFRESH]);
    });

    it('accepts public keys and secrets of before beside a private key, each for its algorithm (R2)', () => {
      const [today, before] = [pair(), pair()];
      const { signing, verification } = goodKeys({
        AUTH_JWT_ALGORITHM: 'ES256',
        AUTH_JWT_PRIVATE_KEY: today.private,
        AUTH_JWT_PREVIOUS_PUBLIC_KEYS: before.public,
        AUTH_JWT_PREVIOUS_SECRET_KEYS: FIRST,
      });
      expect(signing.signingKey.type).toBe('private');
      expect(verification.map(({ algorithm }) => algorithm)).toEqual(['ES256', 'ES256', 'HS256']);
      expect(verification[0]?.key.equals(createPublicKey(today.public))).toBe(true);
      expect(verification.map(({ key }) => key.type)).toEqual(['public', 'public', 'secret']);
    });

    it('counts a key once that is listed as previous too: rotation sets it in both places for a while (R13)', () => {
      const today = pair();
      const asymmetric = goodKeys({
        AUTH_JWT_ALGORITHM: 'ES256',
        AUTH_JWT_PRIVATE_KEY: today.private,
        AUTH_JWT_PREVIOUS_PUBLIC_KEYS: today.public + today.public,
      });
      const secret = goodKeys({
        AUTH_JWT_SECRET_KEY: FIRST,
        AUTH_JWT_PREVIOUS_SECRET_KEYS: `${FIRST},${SECOND}`,
      });
      expect(asymmetric.verification).toHaveLength(1);
      expect(secret.verification).toHaveLength(2);
    });

    it('does not accept the tokens of a secret that is set but no longer signs', () => {
      const { verification } = goodKeys({
        AUTH_JWT_ALGORITHM: 'ES256',
        AUTH_JWT_PRIVATE_KEY: pair().private,
        AUTH_JWT_SECRET_KEY: FIRST,
      });
      expect(verification.map(({ algorithm }) => algorithm)).toEqual(['ES256']);
    });
  });

  describe('for refresh tokens', () => {
    it('accepts AUTH_REFRESH_TOKEN_PREVIOUS_KEYS for retries, behind the key of today (D4)', () => {
      const previous = [`${REFRESH}, the first`, `${REFRESH}, the second`].map((key) =>
        key.replace(',', ';'),
      );
      const { refresh } = goodKeys({
        AUTH_JWT_SECRET_KEY: FIRST,
        AUTH_REFRESH_TOKEN_KEY: REFRESH,
        AUTH_REFRESH_TOKEN_PREVIOUS_KEYS: previous.join(','),
      });
      expect(refresh[0]).toEqual(Buffer.from(REFRESH));
      expect(refresh.slice(-2)).toEqual(previous.map((key) => Buffer.from(key)));
      const [today] = goodKeys({
        AUTH_JWT_SECRET_KEY: FIRST,
        AUTH_REFRESH_TOKEN_PREVIOUS_KEYS: REFRESH,
      }).refresh;
      expect(today).toEqual(goodKeys({ AUTH_JWT_SECRET_KEY: FIRST }).refresh[0]);
    });

    it('takes AUTH_REFRESH_TOKEN_KEY first, then what is derived, so that setting it ends nothing (D4)', () => {
      const { refresh } = goodKeys({ AUTH_JWT_SECRET_KEY: FIRST, AUTH_REFRESH_TOKEN_KEY: REFRESH });
      expect(refresh).toEqual([Buffer.from(REFRESH), derived(FIRST)]);
    });

    it('derives one from each secret without it: today’s first, then those before it (D4)', () => {
      const { refresh } = goodKeys({ AUTH_JWT_SECRET_KEY: FIRST, AUTH_JWT_PREVIOUS_SECRET_KEYS: SECOND });
      expect(refresh).toEqual([derived(FIRST), derived(SECOND)]);
    });

    it('gives replicas in the middle of a rotation the same keys in another order (D4, R13)', () => {
      const restarted = goodKeys({ AUTH_JWT_SECRET_KEY: SECOND, AUTH_JWT_PREVIOUS_SECRET_KEYS: FIRST });
      const other = goodKeys({ AUTH_JWT_SECRET_KEY: FIRST, AUTH_JWT_PREVIOUS_SECRET_KEYS: SECOND });
      expect(restarted.refresh.toReversed()).toEqual(other.refresh);
    });

    it('derives 32 bytes from a private key, the same however the key is written, and never the key itself', () => {
      const { private: pem } = pair();
      const environment = { AUTH_JWT_ALGORITHM: 'ES256', AUTH_JWT_PRIVATE_KEY: pem };
      const { refresh } = goodKeys(environment);
      expect(refresh).toEqual(
        goodKeys({ ...environment, AUTH_JWT_PRIVATE_KEY: pem.replaceAll('\n', '\\n') }).refresh,
      );
      expect(refresh.map((key) => key.length)).toEqual([32]);
      expect(refresh).not.toEqual(goodKeys({ ...environment, AUTH_JWT_PRIVATE_KEY: pair().private }).refresh);
    });

    it('uses no secret as it is', () => {
      const { refresh } = goodKeys({ AUTH_JWT_SECRET_KEY: FIRST });
      expect(refresh.some((key) => key.includes(FIRST))).toBe(false);
    });

    it('warns of a rotation to come only where the key cannot be derived from what stays: asymmetric and unset', () => {
      const asymmetric = { AUTH_JWT_ALGORITHM: 'ES256', AUTH_JWT_PRIVATE_KEY: pair().private };
      const told = (environment: Environment) =>
        read(environment).warnings.filter((warning) => warning.startsWith('AUTH_REFRESH_TOKEN_KEY'));
      expect(told(asymmetric)).toEqual([
        'AUTH_REFRESH_TOKEN_KEY is not set: set it before you rotate AUTH_JWT_PRIVATE_KEY',
      ]);
      expect(told({ ...asymmetric, AUTH_REFRESH_TOKEN_KEY: REFRESH })).toEqual([]);
      expect(told({ AUTH_JWT_SECRET_KEY: FIRST })).toEqual([]);
    });
  });

  describe('with faults', () => {
    const MARK = 'MARKED-VALUE';

    it('reports those of all keys together, each under its name, and no value (R59)', () => {
      const { keys, faults } = read({
        AUTH_JWT_SECRET_KEY: MARK,
        AUTH_JWT_PREVIOUS_SECRET_KEYS: `${FIRST},${MARK}`,
        AUTH_JWT_PREVIOUS_PUBLIC_KEYS: MARK,
        AUTH_REFRESH_TOKEN_KEY: MARK,
      });
      expect(keys).toBeUndefined();
      expect(faults).toEqual([
        'AUTH_JWT_SECRET_KEY must have at least 32 bytes',
        'AUTH_JWT_PREVIOUS_SECRET_KEYS must have at least 32 bytes',
        'AUTH_JWT_PREVIOUS_PUBLIC_KEYS must be public keys in PEM form, one after the other, and nothing else',
        'AUTH_REFRESH_TOKEN_KEY must have at least 32 bytes',
      ]);
    });

    it.each(['RS256', 'ES256'])('wants a private key for %s, whatever secret is set', (algorithm) => {
      const { keys, faults } = read({ AUTH_JWT_ALGORITHM: algorithm, AUTH_JWT_SECRET_KEY: FIRST });
      expect(keys).toBeUndefined();
      expect(faults).toEqual([`AUTH_JWT_PRIVATE_KEY is required with AUTH_JWT_ALGORITHM=${algorithm}`]);
    });

    it('refuses a private key among the public ones: it would be a secret in the wrong place', () => {
      const { faults } = read({ AUTH_JWT_SECRET_KEY: FIRST, AUTH_JWT_PREVIOUS_PUBLIC_KEYS: pair().private });
      expect(faults).toEqual(['AUTH_JWT_PREVIOUS_PUBLIC_KEYS must be public keys in PEM form']);
    });

    it('wants a secret in production, and makes one for a run elsewhere', () => {
      expect(read({ NODE_ENV: 'production' }).faults).toContain(
        'AUTH_JWT_SECRET_KEY is required in production',
      );
      const [one, other] = [goodKeys({}), goodKeys({})];
      expect(one.signing.key.symmetricKeySize).toBeGreaterThanOrEqual(32);
      expect(one.signing.key.equals(other.signing.key)).toBe(false);
    });
  });
});
