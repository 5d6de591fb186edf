import { isIPv6 } from 'node:net';

/** Number of 16-bit groups in an IPv6 address, and in the network of one customer (a /64). */
const GROUPS = 8;
const NETWORK_GROUPS = 4;

/** The source of a request: its IPv4 address, or the /64 of its IPv6 address. */
export function sourceNetwork(address: string | null): string {
  if (address === null || !isIPv6(address)) return address ?? 'unknown';
  const [withoutZone = ''] = address.split('%');
  const [before = [], behind] = withoutZone.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = behind ? GROUPS - before.length - behind.length : 0;
  return [...before, ...new Array<string>(zeros).fill('0'), ...(behind ?? [])]
    .slice(0, NETWORK_GROUPS)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}
