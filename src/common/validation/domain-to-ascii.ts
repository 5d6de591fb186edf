/** Domains without Punycode labels and non-ASCII characters, which every program reads alike. */
// eslint-disable-next-line no-control-regex -- the range is "ASCII"
const PLAIN = /^(?!(?:.*\.)?xn--)[\x00-\x7f]*$/i;

/**
 * A domain in ASCII and lower case by UTS #46 with the options of the URL standard
 * (https://url.spec.whatwg.org/#concept-domain-to-ascii); undefined when a label is invalid, such as `xn--a`.
 *
 * `domainToASCII` and `URL` differ between versions of Node: some accept any label after `xn--`, and 12,428 characters are
 * mapped differently. Replicas must agree on a user's identity, so the table is part of the service: that of Unicode 16, the
 * oldest of any supported Node (normalisation is Node's).
 */
export function domainToAscii(text: string): string | undefined {
  if (PLAIN.test(text)) return text.toLowerCase();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a table of 3 MB, rarely needed
  const { toASCII } = require('tr46') as typeof import('tr46');
  return toASCII(text, { checkBidi: true, checkJoiners: true }) ?? undefined;
}
