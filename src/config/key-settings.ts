import { hkdfSync, randomBytes } from 'node:crypto';
import { isGuessableSecret } from './guessable-secrets';
import { PUBLISHED_KEYS } from './published-secrets';
import type { SettingValues } from './settings';
import {
  MIN_SECRET_BYTES,
  privateKey,
  publicKeys,
  secretKey,
  type KeySettings,
  type SigningKey,
  type VerificationKey,
} from './signing-keys';

/** Reads all keys; adds errors to `faults`, and answers undefined when there is no signing key. */
export function readKeys(
  values: SettingValues,
  faults: string[],
  warnings: string[],
): KeySettings | undefined {
  const attempt = <T>(name: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      faults.push(`${name} ${(error as Error).message}`);
      return undefined;
    }
  };
  const { tokens, sessions } = values;
  const { previousSecretKeys: secrets, previousPublicKeys: pems } = tokens;
  const signing =
    tokens.algorithm === 'HS256'
      ? attempt('AUTH_JWT_SECRET_KEY', () => hmacKey(values, warnings))
      : attempt('AUTH_JWT_PRIVATE_KEY', () => asymmetricKey(tokens));
  const previousSecrets = attempt('AUTH_JWT_PREVIOUS_SECRET_KEYS', () => secrets.map(secretKey)) ?? [];
  const previousPublic =
    attempt('AUTH_JWT_PREVIOUS_PUBLIC_KEYS', () => (pems === undefined ? [] : publicKeys(pems))) ?? [];
  const refresh = ownKeys(
    attempt,
    'AUTH_REFRESH_TOKEN',
    sessions.refreshTokenKey,
    sessions.refreshTokenPreviousKeys,
  );
  const audit = ownKeys(attempt, 'AUTH_AUDIT', values.audit.key, values.audit.previousKeys);
  if (!signing || !refresh || !audit) return undefined;
  warnings.push(...derivedKeyWarnings(values, signing));
  const earlier = [signing, ...previousSecrets];
  const verification = withoutDoubles([signing, ...previousPublic, ...previousSecrets]);
  (values.runtime.environment === 'production' ? faults : warnings).push(
    ...publishedKeyFaults(verification, signing),
  );
  return {
    signing,
    verification,
    refresh: withDerived(refresh, earlier, 'refresh tokens'),
    audit: withDerived(audit, earlier, 'audit log'),
  };
}

/** Keys of one purpose: the current one, where it is set, and previous ones. */
interface OwnKeys {
  readonly current: readonly Buffer[];
  readonly previous: readonly Buffer[];
}

function ownKeys(
  attempt: <T>(name: string, read: () => T) => T | undefined,
  prefix: string,
  key: string | undefined,
  previousKeys: readonly string[],
): OwnKeys | undefined {
  const current = attempt(`${prefix}_KEY`, () => (key === undefined ? [] : [ownKey(key)]));
  const previous = attempt(`${prefix}_PREVIOUS_KEYS`, () => previousKeys.map(ownKey));
  return current && previous && { current, previous };
}

/** When unset, the current key is derived from the signing key. Derived keys stay accepted. */
function withDerived({ current, previous }: OwnKeys, from: readonly SigningKey[], purpose: string): Buffer[] {
  return [...current, ...from.map((key) => derive(key, purpose)), ...previous];
}

function derivedKeyWarnings(
  { sessions, audit, runtime }: SettingValues,
  { algorithm }: SigningKey,
): string[] {
  const warnings: string[] = [];
  if (algorithm !== 'HS256' && sessions.refreshTokenKey === undefined) {
    warnings.push('AUTH_REFRESH_TOKEN_KEY is not set: set it before you rotate AUTH_JWT_PRIVATE_KEY');
  }
  if (audit.key === undefined && runtime.environment === 'production') {
    warnings.push(
      'AUTH_AUDIT_KEY is not set: whoever has the signing key can forge the chain of the audit log',
    );
  }
  return warnings;
}

function publishedKeyFaults(keys: readonly VerificationKey[], signing: SigningKey): string[] {
  return keys
    .filter(({ kid }) => kid !== undefined && PUBLISHED_KEYS.has(kid))
    .map((key) => (key === signing ? 'AUTH_JWT_PRIVATE_KEY' : 'AUTH_JWT_PREVIOUS_PUBLIC_KEYS'))
    .map((name) => `${name} must not be a key whose private part is published`);
}

function hmacKey({ tokens, runtime }: SettingValues, warnings: string[]): SigningKey {
  const secret = tokens.secretKey;
  if (secret === undefined) {
    if (runtime.environment === 'production') throw new Error('is required in production');
    warnings.push(
      'AUTH_JWT_SECRET_KEY is not set: a random secret for this run; tokens end with the process',
    );
    return secretKey(randomBytes(MIN_SECRET_BYTES).toString('base64url'));
  }
  // Nobody reads the warnings of a test, which starts the service many times.
  if (runtime.environment !== 'test' && isGuessableSecret(secret))
    warnings.push('AUTH_JWT_SECRET_KEY is a known example or easy to guess; production refuses it');
  return secretKey(secret);
}

function asymmetricKey({ algorithm, privateKey: pem }: SettingValues['tokens']): SigningKey {
  if (pem === undefined) throw new Error(`is required with AUTH_JWT_ALGORITHM=${algorithm}`);
  return privateKey(algorithm as 'RS256' | 'ES256', pem);
}

function ownKey(text: string): Buffer {
  if (Buffer.byteLength(text) < MIN_SECRET_BYTES) {
    throw new Error(`must have at least ${MIN_SECRET_BYTES} bytes`);
  }
  return Buffer.from(text);
}

/** HKDF (RFC 5869): a key for one purpose reveals nothing about that for another. */
function derive({ signingKey }: SigningKey, purpose: string): Buffer {
  const material =
    signingKey.type === 'secret' ? signingKey.export() : signingKey.export({ format: 'der', type: 'pkcs8' });
  return Buffer.from(hkdfSync('sha256', material, '', `promptstack-auth ${purpose}`, 32));
}

function withoutDoubles(keys: readonly VerificationKey[]): VerificationKey[] {
  return keys.filter((key, at) => keys.findIndex((other) => other.key.equals(key.key)) === at);
}
