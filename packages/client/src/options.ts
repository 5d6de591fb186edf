import type { AuthClientHooks, AuthClientOptions, AuthMode, OfflineOptions } from './types';

/** Options that have been checked, with their defaults. */
export interface Settings {
  /** Base addresses without a slash at their end. */
  readonly urls: readonly string[];
  readonly key: string | undefined;
  readonly mode: AuthMode;
  readonly timeoutMs: number;
  readonly maxEntries: number;
  readonly maxAgeMs: number;
  readonly offline: OfflineOptions | undefined;
  readonly hooks: Hooks;
}

/** Hooks, bound to the object that they came in. */
export type Hooks = {
  readonly [Name in keyof AuthClientHooks]?: (
    event: Parameters<NonNullable<AuthClientHooks[Name]>>[0],
  ) => void;
};

const NAMES = ['url', 'key', 'mode', 'timeoutMs', 'maxEntries', 'maxAgeMs', 'offline', 'hooks'];
const HOOKS = ['verify', 'request', 'response', 'feed'];
const MODES: readonly unknown[] = ['remote', 'cached', 'offline'] satisfies AuthMode[];
/** What a timer of Node.js can wait. */
const LONGEST_MS = 2_147_483_647;

/** Checks options. Throws a TypeError that names the option, and never holds a key. */
export function readOptions(options: AuthClientOptions): Settings {
  if (!isObject(options)) throw new TypeError('options must be an object');
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new TypeError(`there is no option ${unknown}`);
  const key = readKey(options.key);
  const mode = readMode(options.mode, key);
  return {
    urls: readUrls(options.url),
    key,
    mode,
    timeoutMs: readNumber('timeoutMs', options.timeoutMs ?? 5_000, 1, LONGEST_MS),
    maxEntries: readNumber('maxEntries', options.maxEntries ?? 10_000, 1, 10_000_000),
    maxAgeMs: readNumber('maxAgeMs', options.maxAgeMs ?? 60_000, 0, LONGEST_MS),
    offline: readOffline(options.offline, mode),
    hooks: readHooks(options.hooks),
  };
}

/** Checks a number of milliseconds or entries. */
export function readNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new TypeError(`${name} must be a number from ${least} to ${most}`);
}

function readUrls(value: unknown): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (texts.length === 0) throw new TypeError('url must name at least one base address');
  return texts.map(readUrl);
}

function readUrl(text: unknown): string {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new TypeError('url must be an absolute http or https address');
  if (url.username !== '' || url.password !== '')
    throw new TypeError('url must not hold credentials; the option for a service key is key');
  if (url.search !== '' || url.hash !== '') throw new TypeError('url must have neither query nor fragment');
  return url.href.replace(/\/+$/, '');
}

function readKey(key: unknown): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^psk_[\w-]{1,200}$/.test(key)) return key;
  throw new TypeError('key must be a service key (psk_…)');
}

function readMode(given: unknown, key: string | undefined): AuthMode {
  if (given === undefined) return key === undefined ? 'remote' : 'cached';
  if (!MODES.includes(given)) throw new TypeError(`mode must be one of ${MODES.join(', ')}`);
  if (given === 'cached' && key === undefined)
    throw new TypeError('mode cached needs a key: without one the event feed is closed');
  return given as AuthMode;
}

function readOffline(given: unknown, mode: AuthMode): OfflineOptions | undefined {
  if (given === undefined) {
    if (mode === 'offline') throw new TypeError('mode offline needs offline.issuer');
    return undefined;
  }
  if (!isObject(given)) throw new TypeError('offline must be an object');
  const { issuer, audience } = given;
  if (typeof issuer !== 'string' || issuer === '') throw new TypeError('offline.issuer must be a text');
  if (audience === undefined) return { issuer };
  if (typeof audience !== 'string' || audience === '') throw new TypeError('offline.audience must be a text');
  return { issuer, audience };
}

function readHooks(given: unknown): Hooks {
  if (given === undefined) return {};
  if (!isObject(given)) throw new TypeError('hooks must be an object');
  const hooks = HOOKS.filter((name) => given[name] !== undefined).map((name) => {
    const hook = given[name];
    if (typeof hook !== 'function') throw new TypeError(`hooks.${name} must be a function`);
    return [name, (event: unknown) => void Reflect.apply(hook, given, [event])] as const;
  });
  return Object.fromEntries(hooks);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
