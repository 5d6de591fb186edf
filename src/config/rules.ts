import { z } from 'zod';

/** The rules that settings are made of. Each says what is allowed, behind the name of the setting, and never the text itself. */

/** Any text, white space at both ends removed. */
export const text = z.string();

/** `true`, `false`, `1` or `0`. */
export const boolean = z.stringbool({
  truthy: ['true', '1'],
  falsy: ['false', '0'],
  case: 'sensitive',
  error: 'must be true, false, 1 or 0',
});

/** A whole number within bounds, both included. */
export function integer(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, rule)
    .transform(Number)
    .pipe(z.number().min(min, rule).max(max, rule));
}

/** One word of a closed list. */
export function oneOf<const T extends string>(...words: readonly T[]) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** Comma-separated parts, each with its rule; empty parts are passed over. */
export function list<R extends z.ZodType<unknown, string>>(part: R) {
  return z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    )
    .pipe(z.array(part));
}

/** An absolute URL with one of the schemes given (written with the colon). */
export function url(...schemes: readonly string[]) {
  const starts = schemes.map((scheme) => `${scheme}//`);
  // URL also reads `https:host`, which other readers of the same text may not.
  const isUrl = (value: string) =>
    URL.canParse(value) && starts.some((start) => value.toLowerCase().startsWith(start));
  return z
    .string()
    .refine(isUrl, { error: `must be a URL that starts with ${starts.join(' or ')}`, abort: true });
}

/** The same without a user name and a password: such an address is published, logged or compared. */
export function plainUrl(...schemes: readonly string[]) {
  return url(...schemes).refine(
    (value) => {
      const { username, password } = new URL(value);
      return username === '' && password === '';
    },
    { error: 'must not hold credentials' },
  );
}

/** A rule in code: what `parse` throws is what is wrong. */
export function parsed<T>(parse: (value: string) => T) {
  return z.string().transform((value, context) => {
    try {
      return parse(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}
