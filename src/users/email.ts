import { normaliseAddressDomain } from '../common/validation/address-domain';
import { stringRule } from '../common/validation/text-rules';

const MAX_BYTES = 254;
const MAX_LOCAL_BYTES = 64;
/** White space and letters that shrink when normalised have room; IDNA takes long for long texts. */
const MAX_TEXT = 2 * MAX_BYTES;
/** RFC 5322 section 3.2.3, dot-atom. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;

/**
 * The form in which addresses are stored and compared, or undefined when the text is no address: white space at the
 * ends removed, an ASCII local part (checked before any folding, so that no look-alike becomes a letter), the domain in
 * ASCII (IDNA) without a trailing dot, all in lower case, at most 254 bytes.
 */
export function normaliseEmail(text: string): string | undefined {
  if (text.length > MAX_TEXT) return undefined;
  const address = text.replace(/^[\t\n\f\r ]+|[\t\n\f\r ]+$/g, '');
  const at = address.indexOf('@');
  const local = address.slice(0, at);
  const domain = normaliseAddressDomain(address.slice(at + 1));
  if (at < 1 || local.length > MAX_LOCAL_BYTES || !LOCAL_PART.test(local) || domain === undefined)
    return undefined;
  const normalised = `${local.toLowerCase()}@${domain}`;
  return normalised.length <= MAX_BYTES ? normalised : undefined;
}

/** An address that `normaliseEmail` accepts. */
export const IsEmailAddress = stringRule(
  'isEmailAddress',
  'must be an e-mail address such as name@example.com',
  (value) => normaliseEmail(value) !== undefined,
);

/** The normalised form of an address that has been checked; throws when it was not. */
export function requireEmail(text: string): string {
  const email = normaliseEmail(text);
  if (email === undefined) throw new Error('an address arrived here without having been checked');
  return email;
}
