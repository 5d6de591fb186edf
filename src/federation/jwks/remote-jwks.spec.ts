import { generateKeyPairSync } from 'node:crypto';
import { RemoteJwks } from './remote-jwks';
import type { ProviderKey } from './provider-key';

const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const publicKey = ecKey();
const key = (kid: string | undefined, of = publicKey): ProviderKey => ({ kid, algorithm: 'ES256', key: of });

describe('KeySet', () => {
  let time: number;
  let reads: number;
  let published: ProviderKey[] | Error | 'silence';
  let keys: RemoteJwks;

  beforeEach(() => {
    time = 1_000_000;
    reads = 0;
    published = [key('a')];
    const read = () => {
      reads++;
      if (published === 'silence') return new Promise<never>(() => undefined);
      return published instanceof Error ? Promise.reject(published) : Promise.resolve(published);
    };
    keys = new RemoteJwks(read, { cacheMs: 600_000, staleMs: 3_600_000 }, () => time);
  });

  /** The key that a token with this header is signed with, if the set holds it; a token without `kid` is signed with `signer`. */
  const find = async (kid: string | undefined, alg = 'ES256', signer = publicKey, token = 'a.b.c') => {
    const found = await keys.verify({ kid, alg, token }, ({ key: at }) =>
      at === signer ? { at } : undefined,
    );
    return typeof found === 'string' ? undefined : found.at;
  };
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

  it('R32 reads for unknown keys twice at once, then once in 30 s, and not at all for a key of another algorithm', async () => {
    await find('a');
    time += 1;
    for (let n = 0; n < 100; n++, time++) expect(await find(`unknown-${n}`)).toBeUndefined();
    expect(await find('a', 'RS256')).toBeUndefined();
    expect(reads).toBe(3);
    time += 29_899;
    published = [key('a'), key('b')];
    expect(await find('b')).toBeUndefined();
    time += 1;
    expect(await find('b')).toBe(publicKey);
    expect(reads).toBe(4);
  });

  it('R32 spends nothing on a key that was looked for in vain, so that one odd token delays no rotation', async () => {
    await find('a');
    time += 1;
    for (let n = 0; n < 100; n++, time++) expect(await find('odd')).toBeUndefined();
    expect(reads).toBe(2);
    published = [key('a'), key('rotated')];
    expect(await find('rotated')).toBe(publicKey);
    expect(reads).toBe(3);
  });

  it('R32 spends only the surplus on a key that was looked for in vain, for hours too', async () => {
    await find('a');
    for (let minute = 0; minute < 60; minute++) {
      time += 9_000;
      await find('odd');
    }
    published = [key('a'), key('rotated')];
    expect(await find('rotated')).toBe(publicKey);
  });

  it('R33 finds a key that was looked for before it was published', async () => {
    await find('a');
    time += 1;
    expect(await find('b')).toBeUndefined();
    published = [key('a'), key('b')];
    time += 30_000;
    expect(await find('b')).toBe(publicKey);
  });

  it('R32 without a kid, tells tokens apart: one odd token delays no rotation', async () => {
    published = [key(undefined)];
    await find(undefined);
    time += 1;
    const rotated = ecKey();
    for (let n = 0; n < 100; n++, time++)
      expect(await find(undefined, 'ES256', ecKey(), 'odd')).toBeUndefined();
    published = [key(undefined, rotated)];
    expect(await find(undefined, 'ES256', rotated, 'new')).toBe(rotated);
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

  it('tries every key of one name and algorithm, but no more than four', async () => {
    const signers = Array.from({ length: 5 }, () => ecKey());
    published = [key('b'), ...signers.map((signer) => key('a', signer))];
    for (const signer of signers.slice(0, 4)) expect(await find('a', 'ES256', signer)).toBe(signer);
    const tried: unknown[] = [];
    const verify = (candidate: ProviderKey) => void tried.push(candidate.key);
    expect(await keys.verify({ kid: 'a', alg: 'ES256', token: '' }, verify)).toBe('signature');
    expect(tried).toEqual(signers.slice(0, 4));
    expect(await keys.verify({ kid: 'a', alg: 'RS256', token: '' }, verify)).toBe('key id');
    expect(reads).toBe(1);
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

  it('lets old keys stand in when the provider has not answered for a moment', async () => {
    jest.useFakeTimers();
    try {
      await find('a');
      published = 'silence';
      time += 600_001;
      const found = find('a');
      await jest.advanceTimersByTimeAsync(1_500);
      expect(await found).toBe(publicKey);
      expect(reads).toBe(2);
    } finally {
      jest.useRealTimers();
    }
  });

  it('believes no removed key because of a failure of long ago (R33)', async () => {
    await find('a');
    published = new Error('down for a moment');
    time += 60_000;
    await expect(find('b')).rejects.toEqual(outage);
    published = [key('b')];
    time += 3_600_000;
    expect(await find('a')).toBeUndefined();
  });

  it('without a kid, reads again when the lone key did not sign, and so sees a rotation at once (R33)', async () => {
    published = [key(undefined)];
    await find(undefined);
    time += 1;
    const rotated = ecKey();
    published = [key(undefined, rotated)];
    expect(await find(undefined, 'ES256', rotated)).toBe(rotated);
    expect(await find(undefined)).toBeUndefined();
    expect(reads).toBe(2);
  });

  it('without a kid, reads at most once in 30 s for signatures of nobody', async () => {
    published = [key(undefined)];
    await find(undefined);
    time += 1;
    const foreign = ecKey();
    for (let n = 0; n < 100; n++) expect(await find(undefined, 'ES256', foreign)).toBeUndefined();
    expect(await find(undefined)).toBe(publicKey);
    expect(reads).toBe(2);
  });

  it('asks a provider that is down for an unknown key twice, then once in 30 s, and cannot tell until it is back (R32)', async () => {
    await find('a');
    time += 1;
    published = new Error('down');
    await expect(find('b')).rejects.toMatchObject({ code: 'service-unavailable', retryAfterSeconds: 3 });
    await expect(find('b')).rejects.toMatchObject({ code: 'service-unavailable', retryAfterSeconds: 3 });
    expect(reads).toBe(2);
    time += 3_000;
    await expect(find('b')).rejects.toMatchObject({ code: 'service-unavailable', retryAfterSeconds: 27 });
    expect(await find('a')).toBe(publicKey);
    published = [key('b')];
    time += 26_500;
    await expect(find('b')).rejects.toMatchObject({ code: 'service-unavailable', retryAfterSeconds: 1 });
    expect(reads).toBe(3);
    time += 500;
    expect(await find('b')).toBe(publicKey);
    expect(await find('a')).toBeUndefined();
    expect(reads).toBe(4);
  });

  it('learns of an unknown key from any read that succeeds, also within the 30 s', async () => {
    await find('a');
    time += 600_000;
    published = new Error('down');
    await expect(find('b')).rejects.toEqual(outage);
    time += 3_000;
    published = [key('a'), key('b')];
    await find('a'); // the set is too old now
    expect(await find('b')).toBe(publicKey);
    expect(reads).toBe(3);
  });

  it('reads again for those who asked after the read that they waited for had begun', async () => {
    await find('a');
    const answers: ((keys: ProviderKey[]) => void)[] = [];
    published = [];
    keys = new RemoteJwks(
      () => new Promise((resolve) => answers.push(resolve)),
      { cacheMs: 600_000, staleMs: 0 },
      () => time,
    );
    const first = find('a');
    time += 1;
    const second = find('b');
    answers[0]?.([key('a')]);
    expect(await first).toBe(publicKey);
    await new Promise(setImmediate);
    answers[1]?.([key('a'), key('b')]);
    expect(await second).toBe(publicKey);
  });
});
