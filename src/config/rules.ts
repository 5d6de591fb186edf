import { z } from 'zod';

/** Validation rules of settings. Their messages follow the setting's name, say what is allowed and never quote the value. */

/** Any text, trimmed. */
export const text = z.string();

/** `true`, `false`, `1` or `0`. */
export const boolean = z.stringbool({
  truthy: ['true', '1'],
  falsy: ['false', '0'],
  case: 'sensitive',
  error: 'must be true, false, 1 or 0',
});

/** An integer within inclusive bounds. */
export function integer(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,10}$/, rule)
    .transform(Number)
    .pipe(z.number().min(min, rule).max(max, rule));
}

/** One value of a list. */
export function oneOf<const T extends string>(...words: readonly T[]) {
  return z.enum(words, `must be one of ${words.join(', ')}`);
}

/** A comma-separated list whose parts meet a rule; empty parts are ignored. */
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

/** An absolute URL with one of the given schemes (with the colon). */
export function url(...schemes: readonly string[]) {
  const starts = schemes.map((scheme) => `${scheme}//`);
  // URL also accepts `https:host`, which other parsers may not.
  const isUrl = (value: string) =>
    URL.canParse(value) && starts.some((start) => value.toLowerCase().startsWith(start));
  return z
    .string()
    .refine(isUrl, { error: `must be a URL that starts with ${starts.join(' or ')}`, abort: true });
}

/** The same without user name and password, because the URL is published, logged or compared. */
export function plainUrl(...schemes: readonly string[]) {
  return url(...schemes).refine(
    (value) => {
      const { username, password } = new URL(value);
      return username === '' && password === '';
    },
    { error: 'must not hold credentials' },
  );
}

/** A rule from a function: the error that `parse` throws becomes the message. */
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
