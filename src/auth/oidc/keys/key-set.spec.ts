import { generateKeyPairSync } from 'node:crypto';
import { KeySet } from './key-set';
import type { ProviderKey } from './provider-key';

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = (kid: string | undefined): ProviderKey => ({ kid, algorithm: 'ES256', key: publicKey });

describe('KeySet', () => {
  let time: number;
  let reads: number;
  let published: ProviderKey[] | Error;
  let keys: KeySet;

  beforeEach(() => {
    time = 1_000_000;
    reads = 0;
    published = [key('a')];
    const read = () => {
      reads++;
      return published instanceof Error ? Promise.reject(published) : Promise.resolve(published);
    };
    keys = new KeySet(read, { cacheMs: 600_000, staleMs: 3_600_000 }, () => time);
  });

  const find = (kid: string | undefined, algorithm = 'ES256') => keys.find(kid, algorithm);
  const outage = expect.objectContaining({ code: 'service-unavailable' });

  it('reads once for many at once, and believes the set for the cache time', async () => {
    await Promise.all(Array.from({ length: 20 }, () => find('a')));
    time += 600_000;
    expect(await find('a')).toBe(publicKey);
    expect(reads).toBe(1);
    time += 1;
    await find('a');
    expect(reads).toBe(2);
  });

  it('reads for unknown keys at most once in 30 s, and not at all for a key of another algorithm', async () => {
    await find('a');
    time += 1;
    for (let n = 0; n < 100; n++) expect(await find(`unknown-${n}`)).toBeUndefined();
    expect(await find('a', 'RS256')).toBeUndefined();
    expect(reads).toBe(2);
    time += 30_000;
    published = [key('a'), key('b')];
    expect(await find('b')).toBe(publicKey);
    expect(reads).toBe(3);
  });

  it('does not read again for a key that the set just read would hold', async () => {
    expect(await find('unknown')).toBeUndefined();
    expect(reads).toBe(1);
  });

  it('lets everyone with an unknown key wait for the read under way', async () => {
    await find('a');
    time += 1;
    published = [key('b')];
    expect(await Promise.all([find('b'), find('b'), find('b')])).toEqual([publicKey, publicKey, publicKey]);
    expect(reads).toBe(2);
  });

  it('without a kid, is sure only of a lone key', async () => {
    published = [key(undefined)];
    expect(await find(undefined)).toBe(publicKey);
    published = [key(undefined), key('b')];
    time += 600_001;
    expect(await find(undefined)).toBeUndefined();
  });

  it('after a failure waits 3 s before the next read, and says how long to wait', async () => {
    published = new Error('down');
    await expect(find('a')).rejects.toEqual(outage);
    time += 1_500;
    await expect(find('a')).rejects.toMatchObject({ retryAfterSeconds: 2 });
    expect(reads).toBe(1);
    time += 1_500;
    published = [key('a')];
    expect(await find('a')).toBe(publicKey);
  });

  it('lets old keys stand in for the stale time, and then no longer', async () => {
    await find('a');
    published = new Error('down');
    time += 600_000 + 3_600_000;
    expect(await find('a')).toBe(publicKey);
    time += 3_001;
    await expect(find('a')).rejects.toEqual(outage);
  });

  it('cannot tell about an unknown key while the provider is down, and can as soon as it is back', async () => {
    await find('a');
    time += 1;
    published = new Error('down');
    await expect(find('b')).rejects.toEqual(outage);
    expect(await find('a')).toBe(publicKey);
    published = [key('b')];
    await expect(find('b')).rejects.toEqual(outage);
    time += 3_000;
    expect(await find('b')).toBe(publicKey);
    expect(await find('a')).toBeUndefined();
  });
});
