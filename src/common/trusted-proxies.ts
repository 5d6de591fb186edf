import { BlockList, isIP, SocketAddress } from 'node:net';

const MAX_HOPS = 100;
const ALLOWED = `a number of hops from 0 to ${MAX_HOPS}, or addresses and networks such as 10.0.0.0/8, comma-separated`;

/**
 * The proxies whose `X-Forwarded-For` is trusted: a number of hops, or those in listed networks. Each proxy appends at the
 * right end; entries further left may be forged.
 */
export class TrustedProxies {
  private constructor(private readonly trusts: (address: string, hop: number) => boolean) {}

  /** Trusts no proxy: the caller is the peer of the connection. */
  static readonly none = new TrustedProxies(() => false);

  /** Parses a number of hops, or a comma-separated list of addresses and networks; throws an Error that says what is allowed. */
  static parse(text: string): TrustedProxies {
    if (/^\d+$/.test(text)) {
      const hops = Number(text);
      if (hops > MAX_HOPS) throw new Error(`must be ${ALLOWED}`);
      return new TrustedProxies((_address, hop) => hop < hops);
    }
    const networks = { ipv4: new BlockList(), ipv6: new BlockList() };
    const parts = text.split(',').map((part) => part.trim());
    if (parts.every((part) => part === '')) throw new Error(`must be ${ALLOWED}`);
    for (const part of parts.filter(Boolean)) {
      const { address, family, bits } = readNetwork(part);
      networks[family].addSubnet(address, bits, family);
    }
    return new TrustedProxies((address) => networks[familyOf(address)].check(address, familyOf(address)));
  }

  /** Whether the peer of a connection is a trusted proxy. */
  trustsPeer(peer: string | undefined): boolean {
    const address = normalAddress(peer?.replace(/%.*/, '') ?? '');
    return address !== undefined && this.trusts(address, 0);
  }

  /**
   * The caller's address, in its usual form, IPv4-mapped IPv6 as IPv4.
   *
   * @param peer address of the peer; undefined when the connection is closed
   * @param forwardedFor value of `X-Forwarded-For`: read from the right, up to the first untrusted address; an entry that is not
   *   an address stops at the proxy that appended it
   */
  callerOf(peer: string | undefined, forwardedFor: string | undefined): string | null {
    let caller = normalAddress(peer?.replace(/%.*/, '') ?? '');
    if (caller === undefined || forwardedFor === undefined) return caller ?? null;
    const entries = forwardedFor.split(',');
    for (let hop = 0; entries.length > 0 && this.trusts(caller, hop); hop++) {
      const next = normalAddress(entries.pop()?.trim() ?? '');
      if (next === undefined) break;
      caller = next;
    }
    return caller;
  }
}

type Family = 'ipv4' | 'ipv6';

interface Network {
  readonly address: string;
  readonly family: Family;
  readonly bits: number;
}

const BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };
/** Length of the prefix `::ffff:` of IPv4-mapped addresses (RFC 4291 section 2.5.5.2). */
const MAPPED_BITS = 96;

function readNetwork(text: string): Network {
  const [, given = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = normalAddress(given);
  if (address === undefined) throw new Error(`must be ${ALLOWED}`);
  const family = familyOf(address);
  const isMapped = family === 'ipv4' && isIP(given) === 6;
  const most = isMapped ? BITS.ipv6 : BITS[family];
  const bits = length === undefined ? most : Number(length);
  const offset = isMapped ? MAPPED_BITS : 0;
  if (bits > most || bits < offset) throw new Error(`must be ${ALLOWED}`);
  return { address, family, bits: bits - offset };
}

/** An address in its usual form; undefined for anything else, including an address with a port or a zone. */
function normalAddress(text: string): string | undefined {
  const mapped = text.startsWith('::ffff:') ? text.slice('::ffff:'.length) : '';
  if (isIP(mapped) === 4) return mapped; // Node's form of IPv4 peers
  const version = text.includes('%') ? 0 : isIP(text);
  if (version !== 6) return version === 4 ? text : undefined;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}

function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
