import { stringRule } from '../common/validation/text-rules';

/** What the key of a domain may be, in words. */
export const DOMAIN_KEY_RULE = 'must be 1 to 63 characters of a-z, 0-9 and "-", and must not begin with "-"';

/** The key of a domain. Those of before version 1.1.0 may have other forms. */
export const IsDomainKey = stringRule('isDomainKey', DOMAIN_KEY_RULE, (value) =>
  /^[a-z0-9][a-z0-9-]{0,62}$/.test(value),
);
