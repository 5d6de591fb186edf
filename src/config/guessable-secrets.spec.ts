import { createHash } from 'node:crypto';
import { isGuessableSecret } from './guessable-secrets';

let count = 0;

/** Bytes as good as random, and the same in each run. */
function someBytes(length: number): Buffer {
  return createHash('sha512').update(`some bytes ${count++}`).digest().subarray(0, length);
}

function someText(length: number, alphabet: string): string {
  return Array.from(someBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
}

function someUuid(): string {
  return someBytes(16)
    .toString('hex')
    .replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

describe('R82: isGuessableSecret', () => {
  it.each([
    'your-super-secret-jwt-token-with-at-least-32-characters-long',
    'a-string-secret-at-least-256-bits-long',
    'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
    'reallyreallyreallyreallyverysafe',
    'YOUR_SUPER_SECRET_KEY_MAKE_SURE_IT_IS_LONG_ENOUGH',
    'mySecretKeyForAdminDashboardServiceJwtAuthenticationToken123456789',
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    '404E635266556A586E3272357538782F413F4428472B4B6250645367566B5970',
    'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
    'prefix-255d861b-5ea1-5996-9aa3-922530ec40b1',
  ])('knows the published secret %s', (secret) => expect(isGuessableSecret(secret)).toBe(true));

  it.each([
    'this-is-the-secret-key-of-our-production-service',
    'thisisthesecretkeyofourcompanydonottell',
    'MyCompanyAuthServiceSecretKey2026!!',
    'MyS3cr3tK3yF0rJWTT0k3nG3n3r4t10n!!',
    'P@ssw0rdP@ssw0rdP@ssw0rdP@ssw0rd!!!',
    'swordfish-umbrella-trombone-lighthouse-cactus-velvet',
    'dies-ist-ein-geheimer-schluessel-fuer-die-produktion',
    'our company was founded in 1987 in Hamburg by two sisters',
    'promptstack-production-secret-2026-11-27',
    'a-marked-secret-of-the-tests-5f0c7e2b9d',
    'abcdefghijklmnopqrstuvwxyz0123456789',
    'qwertyuiopasdfghjklzxcvbnm1234567890',
    '0123456789abcdef0123456789abcdef',
    'zyxwvutsrqponmlkjihgfedcba987654',
    'Tr0ub4dor&3Tr0ub4dor&3Tr0ub4dor&3',
    'x9!kQ2@vLmx9!kQ2@vLmx9!kQ2@vLmx9',
  ])('guesses %s', (secret) => expect(isGuessableSecret(secret)).toBe(true));

  it.each<[string, () => string]>([
    ['openssl rand -base64 48', () => someBytes(48).toString('base64')],
    ['openssl rand -base64 32', () => someBytes(32).toString('base64')],
    ['24 bytes in base64url', () => someBytes(24).toString('base64url')],
    ['openssl rand -hex 32', () => someBytes(32).toString('hex')],
    ['openssl rand -hex 16', () => someBytes(16).toString('hex')],
    ['uuidgen', someUuid],
    ['words before 16 random bytes', () => `auth-service-production-${someBytes(16).toString('hex')}`],
    ['pwgen -s 32', () => someText(32, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')],
    [
      'a password manager, with symbols',
      () => someText(40, 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#$%&*+-=?@^_'),
    ],
    ['base32', () => someText(32, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')],
    ['40 small letters', () => someText(40, 'abcdefghijklmnopqrstuvwxyz')],
  ])('takes what %s makes', (_generator, make) => {
    const guessed = Array.from({ length: 500 }, make).filter(isGuessableSecret);
    expect(guessed).toEqual([]);
  });
});
