import { EXAMPLE_SECRETS, PUBLISHED_SECRETS } from './published-secrets';
import { estimateBits } from './secret-strength';

/** What production says of a secret that is. */
export const GUESSABLE = 'must not be a known example or easy to guess';

const MIN_DIFFERENT_CHARACTERS = 8;
/** More than anybody can try. Random texts of 32 characters have 128 and more. */
const MIN_BITS = 75;

/** A published secret, a text that repeats itself, one of few different characters, or of words; in any letter case. */
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
