import { EXAMPLE_SECRETS, PUBLISHED_SECRETS } from './published-secrets';
import { estimateBits } from './secret-strength';

/** The sentence that refuses a guessable secret in production. */
export const GUESSABLE = 'must not be a known example or easy to guess';

const MIN_DIFFERENT_CHARACTERS = 8;
/** Beyond any brute-force attack. Random texts of 32 characters have 128 bits or more. */
const MIN_BITS = 75;

/** Whether a secret is published, repetitive, of few different characters, or made of words; in any letter case. */
export function isGuessableSecret(secret: string): boolean {
  const folded = secret.trim().toLowerCase();
  return (
    EXAMPLE_SECRETS.some((example) => isRepetitionOf(example, folded)) ||
    PUBLISHED_SECRETS.some((published) => folded.includes(published)) ||
    repeatsItself(folded) ||
    new Set(folded).size < MIN_DIFFERENT_CHARACTERS ||
    estimateBits(secret) < MIN_BITS
  );
}

function repeatsItself(value: string): boolean {
  for (let length = 1; length <= Math.ceil(value.length / 2); length++) {
    if (isRepetitionOf(value.slice(0, length), value)) return true;
  }
  return false;
}

function isRepetitionOf(unit: string, value: string): boolean {
  return unit.repeat(Math.ceil(value.length / unit.length)).startsWith(value);
}
