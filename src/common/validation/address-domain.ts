import { domainToAscii } from './domain-to-ascii';

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
// eslint-disable-next-line no-control-regex -- the range is "ASCII"
const ASCII_BUT_NOT_OF_A_HOST_NAME = /[\x00-\x7f]/g;

/**
 * The stored and compared form of an e-mail address's domain: ASCII (IDNA), lower case. Undefined for anything else: a single
 * label, an IP address, or a trailing dot.
 */
export function normaliseAddressDomain(text: string): string | undefined {
  const foreign = text.replace(/[a-z0-9.-]/gi, '').match(ASCII_BUT_NOT_OF_A_HOST_NAME);
  if (foreign) return undefined;
  const domain = domainToAscii(text) ?? '';
  const labels = domain.split('.');
  const topLevel = labels.at(-1) ?? '';
  if (labels.length < 2 || /^\d*$/.test(topLevel)) return undefined;
  return labels.every((label) => LABEL.test(label)) ? domain : undefined;
}
