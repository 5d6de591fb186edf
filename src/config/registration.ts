import { normaliseAddressDomain } from '../common/validation/address-domain';

/** Who may register: anyone, no one, or users with an address in one of these domains (normalised). */
export type Registration = 'open' | 'closed' | { readonly domains: readonly string[] };

const RULE = 'must be open, closed, or a comma-separated list of address domains such as example.com';

/** `open`, `closed`, or a list of address domains. Subdomains are not included. */
export function registration(value: string): Registration {
  if (value === 'open' || value === 'closed') return value;
  const parts = value.split(',').map((part) => part.trim());
  const domains = parts.filter((part) => part !== '').map(addressDomain);
  if (domains.length === 0) throw new Error(RULE);
  return { domains };
}

function addressDomain(text: string): string {
  const domain = normaliseAddressDomain(text);
  if (domain === undefined) throw new Error(RULE);
  return domain;
}
