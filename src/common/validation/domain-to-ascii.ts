/** Labels in Punycode, and what is not ASCII: the rest means the same to every program. */
// eslint-disable-next-line no-control-regex -- the range is "ASCII"
const PLAIN = /^(?!(?:.*\.)?xn--)[\x00-\x7f]*$/i;

/**
 * A domain in ASCII and lower case by UTS #46 with the options of the URL standard
 * (https://url.spec.whatwg.org/#concept-domain-to-ascii); undefined when it has a label that is none, such as `xn--a`.
 *
 * `domainToASCII` and `URL` of Node are another thing in each version: some take any label behind `xn--`, and 12,428 letters
 * differ from version to version. Two replicas must not differ on who somebody is, so the table is part of the service: that of
 * Unicode 16, which is the oldest that a supported Node knows (normalisation is Node's).
 */
export function domainToAscii(text: string): string | undefined {
  if (PLAIN.test(text)) return text.toLowerCase();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a table of 3 MB that few need
  const { toASCII } = require('tr46') as typeof import('tr46');
  return toASCII(text, { checkBidi: true, checkJoiners: true }) ?? undefined;
}
