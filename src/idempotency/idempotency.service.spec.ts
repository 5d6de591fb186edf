import { answers, done, Journal, refusalOf, refuses } from '../../test/support/unit/journal';
import type { IdempotencyKeysRepository, StoredAnswer } from './idempotency-keys.repository';
import { IdempotencyService } from './idempotency.service';

const REQUEST = {
  callerId: 'root',
  route: 'POST /users',
  keyHash: Buffer.from('key'),
  requestHash: Buffer.from('request'),
};

function serviceOf({ isFree = true, stored }: { isFree?: boolean; stored?: StoredAnswer } = {}) {
  const journal = new Journal({ query: answers([{ taken: isFree }]) });
  const service = new IdempotencyService(
    journal.fake<IdempotencyKeysRepository>('keys', { find: answers(stored), upsert: done }),
  );
  const work = journal.fake<{ do(): Promise<{ secret: string | null }> }>('work', {
    do: answers({ secret: 'psk_secret' }),
  });
  const conceal = () => ({ secret: null });
  const once = (act = () => work.do()) => service.once(REQUEST, journal.manager, act, conceal);
  const withoutKey = () => service.once(undefined, journal.manager, () => work.do(), conceal);
  return { journal, once, withoutKey };
}

describe('IdempotencyService', () => {
  it('does the work once, under the lock of the key, and stores its answer without the secret', async () => {
    const { journal, once } = serviceOf();
    expect(await once()).toEqual({ secret: 'psk_secret' });
    expect(journal.acts).toEqual(['manager.query', 'keys.find', 'work.do', 'keys.upsert']);
    expect(journal.given('keys.upsert')).toEqual([[REQUEST, { status: 201, body: { secret: null } }]]);
  });

  it('answers a repetition with what was stored, and does nothing', async () => {
    const stored = { requestHash: REQUEST.requestHash, body: { secret: null } };
    const { journal, once } = serviceOf({ stored });
    expect(await once()).toBe(stored.body);
    expect(journal.acts).toEqual(['manager.query', 'keys.find']);
  });

  it('refuses another request with the same key', async () => {
    const stored = { requestHash: Buffer.from('another'), body: {} };
    const { journal, once } = serviceOf({ stored });
    expect((await refusalOf(once())).code).toBe('idempotency-key-reused');
    expect(journal.acts).not.toContain('work.do');
  });

  it('refuses while the first is under way, without a look at what is stored', async () => {
    const { journal, once } = serviceOf({ isFree: false });
    expect((await refusalOf(once())).code).toBe('request-in-progress');
    expect(journal.acts).toEqual(['manager.query']);
  });

  it('stores nothing of work that is refused: the same key may be tried again', async () => {
    const { journal, once } = serviceOf();
    expect((await refusalOf(once(refuses('email-already-registered')))).code).toBe(
      'email-already-registered',
    );
    expect(journal.acts).not.toContain('keys.upsert');
  });

  it('locks, reads and stores nothing for a request without a key', async () => {
    const { journal, withoutKey } = serviceOf();
    expect(await withoutKey()).toEqual({ secret: 'psk_secret' });
    expect(journal.acts).toEqual(['work.do']);
  });
});
