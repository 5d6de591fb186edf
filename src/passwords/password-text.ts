import { codePoints, isStorableText, stringRule } from '../common/validation/text-rules';

/** Maximum length of a password in code points; a longer one is refused, never truncated. */
export const MAX_PASSWORD_LENGTH = 256;

/** The form in which passwords are counted, compared and hashed: NFC, otherwise unchanged. */
export function normalisePassword(text: string): string {
  return text.normalize('NFC');
}

/** Whether a text can be a password at all; new passwords must also meet the policy. */
export function isPasswordText(text: string): boolean {
  // An NFC code point comes from a bounded number of code units, so longer texts need no counting.
  return (
    text.length <= MAX_PASSWORD_LENGTH * 8 &&
    isStorableText(text) &&
    codePoints(normalisePassword(text)) <= MAX_PASSWORD_LENGTH
  );
}

/** Validates a text that can be a password. */
export const IsPasswordText = stringRule(
  'isPasswordText',
  `must be a text of at most ${MAX_PASSWORD_LENGTH} characters, without U+0000 and lone surrogates`,
  isPasswordText,
);
