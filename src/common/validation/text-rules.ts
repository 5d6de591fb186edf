import { ValidateBy, type ValidationOptions } from 'class-validator';

/** Whether PostgreSQL can store a text: it refuses U+0000, and a lone surrogate cannot be encoded. */
export function isStorableText(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed();
}

/** Length in code points (NIST SP 800-63B-4 section 3.1.1.2). */
export function codePoints(value: string): number {
  let count = 0;
  for (const _point of value) count++;
  return count;
}

/** A property decorator that validates a string with a predicate; its message says what is allowed. */
export function stringRule(name: string, allowed: string, holds: (value: string) => boolean) {
  return (options?: ValidationOptions): PropertyDecorator =>
    ValidateBy(
      {
        name,
        validator: {
          validate: (value: unknown) => typeof value === 'string' && holds(value),
          defaultMessage: () => allowed,
        },
      },
      options,
    );
}

/** The control characters of ASCII and Latin-1. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
export const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;
/** Characters that change the text direction (Unicode Standard Annex 9): a name with them can imitate another. */
const BIDI_CONTROLS = /\p{Bidi_Control}/u;
const MAX_NAME_LENGTH = 200;

/** Whether a display name can be stored and shown on one line. */
export function isDisplayName(value: string): boolean {
  const length = codePoints(value);
  return (
    value.trim() !== '' &&
    length <= MAX_NAME_LENGTH &&
    value.isWellFormed() &&
    !CONTROL_CHARACTERS.test(value) &&
    !BIDI_CONTROLS.test(value)
  );
}

/** The rule for display names, in words. */
export const DISPLAY_NAME_RULE = `must be a text of 1 to ${MAX_NAME_LENGTH} characters without control characters`;

/** Validates a display name. */
export const IsDisplayName = stringRule('isDisplayName', DISPLAY_NAME_RULE, isDisplayName);
