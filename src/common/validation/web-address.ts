import { Transform } from 'class-transformer';
import { domainToAscii } from './domain-to-ascii';
import { stringRule } from './text-rules';

const MAX_LENGTH = 2048;
/** Characters that RFC 3986 allows in path, query and fragment (sections 3.3 to 3.5), including percent-encoded octets. */
const ALLOWED = "[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2}";
const FORBIDDEN_IN_PATH = new RegExp(`(${ALLOWED})|[^]`, 'gu');
const FORBIDDEN_BEHIND = new RegExp(`(${ALLOWED}|\\?)|[^]`, 'gu');
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?';
const HOST = new RegExp(`^(?:\\[[0-9a-f:.]+\\]|(?=.{1,253}\\.?$)${LABEL}(?:\\.${LABEL})*\\.?)$`);
/** A scheme, then an authority without user information; nothing that URL would silently drop or rewrite. */
const START = /^https?:\/\/[^/?#@]+([/?#]|$)/i;
/** A URL whose host has a Punycode label or a non-ASCII character. */
// eslint-disable-next-line no-control-regex -- the range is "ASCII"
const FOREIGN_NAME = /^(https?:\/\/)(?=[^/?#:]*(?:[^\x00-\x7f]|xn--))([^/?#:]+)(.*)$/is;
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const NEVER = /[\s<>"\\\u0000-\u001f\u007f-\u009f]/;
/** Matches most results of `webAddress` quickly: hosts with a top-level domain, without Punycode and port. */
const ENCODED = new RegExp(
  `^https?://(?=[^/]{1,253}/)(?![^/]*xn--)(?:${LABEL}\\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?/(?:${ALLOWED})*(?:\\?(?:${ALLOWED}|\\?)*)?(?:#(?:${ALLOWED}|\\?)*)?$`,
);

/**
 * Normalises an absolute http or https URL to a form that is valid by both RFC 3986 and the URL standard: host in ASCII,
 * everything else percent-encoded. Undefined for anything else, for user information, and for more than 2048 characters in
 * either form.
 */
export function webAddress(value: string): string | undefined {
  if (value.length > MAX_LENGTH || !value.isWellFormed() || NEVER.test(value) || !START.test(value))
    return undefined;
  const parts = partsOf(value);
  if (!parts || !HOST.test(parts.hostname)) return undefined;
  const { protocol, host, pathname, search, hash } = parts;
  const behind = [search, hash].map(
    (part) => part.slice(0, 1) + part.slice(1).replaceAll(FORBIDDEN_BEHIND, encode),
  );
  const address = `${protocol}//${host}${pathname.replaceAll(FORBIDDEN_IN_PATH, encode)}${behind.join('')}`;
  return address.length <= MAX_LENGTH ? address : undefined;
}

/**
 * Parses with URL, except for labels that are or become Punycode: versions of Node differ on those, so a placeholder replaces
 * them.
 */
function partsOf(value: string) {
  const [, start = '', name = '', rest = ''] = FOREIGN_NAME.exec(value) ?? [];
  const ascii = domainToAscii(name);
  if (ascii === undefined) return undefined;
  const standIn = ascii.replaceAll(/(?<=^|\.)xn--[^.]*/g, 'label');
  const plain = name === '' ? value : `${start}${standIn}${rest}`;
  if (!URL.canParse(plain)) return undefined;
  const { protocol, hostname, host, pathname, search, hash } = new URL(plain);
  const real = hostname === standIn ? ascii : hostname;
  return { protocol, hostname: real, host: host.replace(hostname, real), pathname, search, hash };
}

/** A stored URL in the form of `webAddress`; null for one that it would refuse. */
export function storedWebAddress(value: string | null): string | null {
  if (value === null || (ENCODED.test(value) && value.length <= MAX_LENGTH)) return value;
  return webAddress(value) ?? null;
}

function encode(character: string, allowed: string | undefined): string {
  return allowed ?? encodeURIComponent(character);
}

const IsWebAddress = stringRule(
  'isWebAddress',
  `must be an absolute http or https address without user information, of at most ${MAX_LENGTH} characters in percent-encoding, or null`,
  (value) => webAddress(value) !== undefined,
);

/** Validates a URL and converts it to its encoded form; null means none. */
export function IsWebAddressOrNull(): PropertyDecorator {
  const transform = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? (webAddress(value) ?? value) : value,
  );
  return (target, property) => {
    transform(target, property);
    IsWebAddress()(target, property);
  };
}
