import { TrustedProxies } from './trusted-proxies';

describe('trusted proxies', () => {
  const caller = (trusted: string, peer: string, forwardedFor?: string) =>
    TrustedProxies.parse(trusted).callerOf(peer, forwardedFor);

  it('are none unless named: the caller is whoever holds the connection', () => {
    expect(TrustedProxies.none.callerOf('10.0.0.1', '1.2.3.4')).toBe('10.0.0.1');
    expect(caller('0', '10.0.0.1', '1.2.3.4')).toBe('10.0.0.1');
    expect(TrustedProxies.none.callerOf(undefined, '1.2.3.4')).toBeNull();
  });

  it.each([
    ['1', '5.5.5.5, 1.2.3.4', '1.2.3.4'],
    ['2', '5.5.5.5, 1.2.3.4, 10.0.0.2', '1.2.3.4'],
    ['3', '1.2.3.4, 10.0.0.2', '1.2.3.4'],
    ['2', 'unknown, 10.0.0.2', '10.0.0.2'],
    ['2', '1.2.3.4, unknown', '10.0.0.1'],
    ['2', '', '10.0.0.1'],
  ])('%s hops of "%s" lead to %s', (hops, forwardedFor, expected) => {
    expect(caller(hops, '10.0.0.1', forwardedFor)).toBe(expected);
  });

  it.each([
    ['the first address from the right that is not trusted', '6.6.6.6, 1.2.3.4, 10.9.9.9', '1.2.3.4'],
    ['the last proxy when all are trusted', '10.0.0.7, 10.9.9.9', '10.0.0.7'],
    ['the proxy that wrote what is no address', '1.2.3.4, unknown, 10.9.9.9', '10.9.9.9'],
    ['the proxy that wrote an address with a port', '1.2.3.4:80', '10.0.0.1'],
    ['the proxy that wrote an empty entry', '1.2.3.4,', '10.0.0.1'],
    ['the proxy that wrote what only some read as an address', '010.0.0.1', '10.0.0.1'],
    ['the proxy that wrote an address with a zone', 'fe80::1%eth0', '10.0.0.1'],
    ['an address of IPv6 in its usual form', '2001:DB8:0::1', '2001:db8::1'],
    ['an IPv4-mapped address as IPv4', '::FFFF:0102:0304', '1.2.3.4'],
    ['one behind an IPv4-mapped proxy', '1.2.3.4, ::ffff:10.0.0.2', '1.2.3.4'],
  ])('of a network lead to %s', (_what, forwardedFor, expected) => {
    expect(caller('192.168.0.0/16, 10.0.0.0/8', '::ffff:10.0.0.1', forwardedFor)).toBe(expected);
  });

  it('say nothing for a peer outside their network', () => {
    expect(caller('10.0.0.0/8', '11.0.0.1', '1.2.3.4')).toBe('11.0.0.1');
    expect(caller('::/0', '11.0.0.1', '1.2.3.4')).toBe('11.0.0.1'); // no network of IPv6 holds an address of IPv4
  });

  it.each([
    ['::1', '::1'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
    ['::ffff:127.0.0.0/104', '127.0.0.1'],
    ['fd00::/8', 'fd12::9'],
    ['fe80::/10', 'fe80::1%eth0'],
    ['0.0.0.0/0', '127.0.0.1'],
    [', 127.0.0.1,', '127.0.0.1'],
  ])('named %s hold %s', (network, peer) => {
    expect(caller(network, peer, '1.2.3.4')).toBe('1.2.3.4');
  });

  it.each([
    ...['-1', '1.5', '101', '99999999999999999999', 'true', 'loopback', '*', 'proxy.example.com'],
    ...[
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/255.0.0.0',
      '10.0.0.0/8/8',
      '/8',
      '10.0.0',
      '010.0.0.1',
      '10.0.0.1:80',
    ],
    ...['::1/129', '::ffff:10.0.0.0/95', 'fe80::1%eth0', '[::1]', ',', '10.0.0.0/8, x', '1,2'],
  ])('cannot be %s', (text) => {
    expect(() => TrustedProxies.parse(text)).toThrow(
      /^must be a number of hops from 0 to 100, or addresses and networks/,
    );
  });
});
