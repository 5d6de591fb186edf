/** Turns the text of a setting into its value; throws an Error that says what is allowed, never the text itself. */
export type SettingParser<T> = (text: string) => T;

/** One environment variable: its name, how it is read, and the words that the README and `.env.example` show. */
export interface Setting<T, Default extends string | undefined = string | undefined> {
  readonly name: string;
  readonly parse: SettingParser<T>;
  readonly default: Default;
  /** A secret also has the `NAME_FILE` form, and its value never appears in a message. */
  readonly secret: boolean;
  /** An empty variable is a value of its own, and not the same as an unset one. */
  readonly emptyCounts?: true;
  readonly meaning: string;
}

/** A setting that always has a value. */
export function setting<T>(
  name: string,
  parse: SettingParser<T>,
  defaultText: string,
  meaning: string,
): Setting<T, string> {
  return { name, parse, default: defaultText, secret: false, meaning };
}

/** A setting whose default an empty variable turns off: then its value is the empty text. */
export function settingOrEmpty(
  name: string,
  parse: SettingParser<string>,
  defaultText: string,
  meaning: string,
): Setting<string, string> {
  const parseOrEmpty = (value: string) => (value === '' ? '' : parse(value));
  return { name, parse: parseOrEmpty, default: defaultText, secret: false, emptyCounts: true, meaning };
}

/** A setting that may be absent. */
export function optional<T>(name: string, parse: SettingParser<T>, meaning: string): Setting<T, undefined> {
  return { name, parse, default: undefined, secret: false, meaning };
}

/** A setting that may be absent, holds a secret, and may be given as a file. */
export function secret<T>(name: string, parse: SettingParser<T>, meaning: string): Setting<T, undefined> {
  return { name, parse, default: undefined, secret: true, meaning };
}

/** Any text, white space at both ends removed. */
export const text: SettingParser<string> = (value) => value;

/** `true`, `false`, `1` or `0`. */
export const boolean: SettingParser<boolean> = (value) => {
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new Error('must be true, false, 1 or 0');
};

/** A whole number within bounds, both included. */
export function integer(min: number, max: number): SettingParser<number> {
  return (value) => {
    const number = Number(value);
    if (!/^\d{1,10}$/.test(value) || number < min || number > max) {
      throw new Error(`must be a whole number from ${min} to ${max}`);
    }
    return number;
  };
}

/** One word of a closed list. */
export function oneOf<const T extends string>(...words: readonly T[]): SettingParser<T> {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new Error(`must be one of ${words.join(', ')}`);
    return word;
  };
}

/** Comma-separated parts, each read by `parse`; empty parts are passed over. */
export function list<T>(parse: SettingParser<T>): SettingParser<readonly T[]> {
  return (value) =>
    value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(parse);
}

/** An absolute URL with one of the schemes given (written with the colon). */
export function url(...schemes: readonly string[]): SettingParser<string> {
  const starts = schemes.map((scheme) => `${scheme}//`);
  return (value) => {
    // URL also reads `https:host`, which other readers of the same text may not.
    if (!URL.canParse(value) || !starts.some((start) => value.toLowerCase().startsWith(start))) {
      throw new Error(`must be a URL that starts with ${starts.join(' or ')}`);
    }
    return value;
  };
}

/** The same without a user name and a password: such an address is published, logged or compared. */
export function plainUrl(...schemes: readonly string[]): SettingParser<string> {
  const parse = url(...schemes);
  return (value) => {
    const { username, password } = new URL(parse(value));
    if (username !== '' || password !== '') throw new Error('must not hold credentials');
    return value;
  };
}

/** Stands for any extension of a browser: Firefox and Safari give each installation another id. */
const EXTENSION_ORIGINS = ['chrome-extension://*', 'moz-extension://*', 'safari-web-extension://*'] as const;

/** `scheme://host[:port]` as browsers write it, or one of the extension forms. */
export const corsOrigin: SettingParser<string> = (value) => {
  if (EXTENSION_ORIGINS.some((form) => form === value)) return value;
  if (value.includes('*')) {
    throw new Error(`must not hold a wildcard; only ${EXTENSION_ORIGINS.join(', ')} are allowed`);
  }
  if (!isOrigin(value)) {
    throw new Error(
      'must be origins as browsers write them, such as https://app.example.com: lower case, no path, no default port',
    );
  }
  return value;
};

/** An origin that a browser writes differently would never match. */
function isOrigin(value: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/.test(value) || !URL.canParse(value)) return false;
  const { origin } = new URL(value);
  return origin === value || origin === 'null'; // schemes that the URL standard does not know have no origin there
}
