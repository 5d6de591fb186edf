import type { z } from 'zod';

/** Maps the text of a variable to its value, and `undefined` to the default. */
export type Rule = z.ZodDefault | z.ZodOptional;

interface Options<R extends Rule> {
  /** Whether an empty variable is a value, different from an unset one. */
  readonly emptyCounts?: boolean;
  /** What `NODE_ENV=production` refuses beyond the rule, as the words between the name and "in production". */
  inProduction?(this: void, value: z.output<R>): string | false | undefined;
}

/** An environment variable: name, rule with default, and the description for README and `.env.example`. */
export interface Setting<R extends Rule = Rule> extends Options<R> {
  readonly name: string;
  readonly rule: R;
  readonly meaning: string;
  /** A secret also has the `NAME_FILE` form, and its value never appears in messages. */
  readonly secret: boolean;
}

/** The settings of a room, by the names of their values. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values of the settings of a room. */
export type ValuesOf<S extends Settings> = { readonly [K in keyof S]: z.output<S[K]['rule']> };

/** A setting whose value may be shown. */
export function setting<const R extends Rule>(
  name: string,
  rule: R,
  meaning: string,
  options?: Options<R>,
): Setting<R> {
  return { name, rule, meaning, secret: false, ...options };
}

/** A setting that contains a secret, and may be given as a file. */
export function secret<const R extends Rule>(
  name: string,
  rule: R,
  meaning: string,
  options?: Options<R>,
): Setting<R> {
  return { name, rule, meaning, secret: true, ...options };
}

/** Base class of an injectable slice: its fields are `values`, deeply frozen. */
export function sliceOf<T extends object>(): new (values: T) => Readonly<T> {
  return class {
    constructor(values: T) {
      Object.assign(this, immutable({ ...values }));
      Object.freeze(this);
    }
  } as new (values: T) => Readonly<T>;
}

/** Freezes plain objects and lists recursively; anything else (a key, for example) stays unchanged. */
function immutable<T>(value: T): T {
  if (!isPlain(value) || Object.isFrozen(value)) return value;
  Object.values(value).forEach(immutable);
  return Object.freeze(value);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
