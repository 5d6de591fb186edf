import type { z } from 'zod';

/** From the text of a variable to its value; what it makes of `undefined` is the default. */
export type Rule = z.ZodDefault | z.ZodOptional;

interface Options<R extends Rule> {
  /** An empty variable is a value of its own, and not the same as an unset one. */
  readonly emptyCounts?: boolean;
  /** What `NODE_ENV=production` refuses beyond the rule: the words between the name and "in production". */
  inProduction?(this: void, value: z.output<R>): string | false | undefined;
}

/** One environment variable: its name, its rule with the default, and the words that the README and `.env.example` show. */
export interface Setting<R extends Rule = Rule> extends Options<R> {
  readonly name: string;
  readonly rule: R;
  readonly meaning: string;
  /** A secret also has the `NAME_FILE` form, and its value never appears in a message. */
  readonly secret: boolean;
}

/** The settings of a room, under the names of their values. */
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

/** A setting that holds a secret, and may be given as a file. */
export function secret<const R extends Rule>(
  name: string,
  rule: R,
  meaning: string,
  options?: Options<R>,
): Setting<R> {
  return { name, rule, meaning, secret: true, ...options };
}

/** A base for the class of a slice, which others inject: `values` are its fields, and nobody can change them, however deep. */
export function sliceOf<T extends object>(): new (values: T) => Readonly<T> {
  return class {
    constructor(values: T) {
      Object.assign(this, immutable({ ...values }));
      Object.freeze(this);
    }
  } as new (values: T) => Readonly<T>;
}

/** Freezes a plain object or a list, and those inside it; anything else (a key, for example) stays as it is. */
function immutable<T>(value: T): T {
  if (!isPlain(value) || Object.isFrozen(value)) return value;
  Object.values(value).forEach(immutable);
  return Object.freeze(value);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
