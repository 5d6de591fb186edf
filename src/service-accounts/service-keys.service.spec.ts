import { aLockedUser, anAdmin, authorityOf } from '../../test/support/unit/callers';
import { comingOnce, repeated } from '../../test/support/unit/idempotency';
import { answers, done, Journal, refusalOf, type Plan } from '../../test/support/unit/journal';
import type { IdempotencyService } from '../idempotency/idempotency.service';
import type { Outbox } from '../mail/outbox.service';
import type { LockedUser } from '../users/users.repository';
import type { ServiceAccount } from './service-account.entity';
import type { ServiceAccountsService } from './service-accounts.service';
import type { ServiceKeysRepository } from './service-keys.repository';
import { ServiceKeysService } from './service-keys.service';

const AT = new Date('2026-05-01T10:00:00.000Z');
const ACCOUNT: ServiceAccount = {
  id: 'a',
  name: 'billing',
  scopes: ['users:read'],
  ownerId: 'ada',
  createdAt: AT,
};

describe('ServiceKeysService', () => {
  function keysOf({
    account = ACCOUNT,
    locked = account,
    users = [aLockedUser()],
    idempotency = comingOnce(),
    keys = {},
  }: {
    account?: ServiceAccount;
    locked?: ServiceAccount;
    users?: LockedUser[];
    idempotency?: IdempotencyService;
    keys?: Plan<ServiceKeysRepository>;
  } = {}) {
    const journal = new Journal();
    const service = new ServiceKeysService(
      journal.database(),
      journal.fake<ServiceAccountsService>('accounts', {
        get: answers(account),
        lock: (_id, { principal }) =>
          Promise.resolve({ account: locked, authority: authorityOf(principal, ...users) }),
      }),
      journal.fake<ServiceKeysRepository>('keys', {
        insert: ({ id }, { name, expiresAt }) =>
          Promise.resolve({ id, name, expiresAt, createdAt: AT, lastUsedAt: null }),
        ...keys,
      }),
      idempotency,
      journal.audit(),
      journal.fake<Outbox>('outbox', { notify: done }),
    );
    const create = () =>
      service.create({ accountId: 'a', name: 'first', expiresAt: null }, undefined, anAdmin());
    return { journal, service, create };
  }

  it('R93 makes, records and tells of a key in one transaction', async () => {
    const { journal, create } = keysOf();
    const { id, secret } = await create();
    expect(secret).toMatch(/^psk_/);
    expect(journal.acts).toEqual([
      'accounts.get',
      'BEGIN',
      'tx accounts.lock',
      'tx keys.insert',
      'tx audit service-key.created',
      'tx outbox.notify',
      'COMMIT',
    ]);
    expect(journal.events).toEqual([{ type: 'service-key.created', service_id: 'a', key_id: id }]);
    expect(journal.given('outbox.notify')).toEqual([
      ['key-made', { userId: 'ada', address: 'ada@example.com' }, { change: 'billing' }],
    ]);
  });

  it('stores the answer without the key, and neither audit nor mail has it', async () => {
    const stored: unknown[] = [];
    const { journal, create } = keysOf({ idempotency: comingOnce(stored) });
    const { secret } = await create();
    expect(stored).toMatchObject([{ name: 'first', secret: null }]);
    const told = JSON.stringify([journal.events, journal.given('outbox.notify'), stored]);
    expect(told).not.toContain(secret);
  });

  it('makes no key when it repeats an answer, and tells nobody again', async () => {
    const { journal, create } = keysOf({ idempotency: repeated({ secret: null }) });
    await create();
    expect(journal.acts).toEqual(['accounts.get', 'BEGIN', 'tx accounts.lock', 'COMMIT']);
  });

  it.each<[string, Parameters<typeof keysOf>[0]]>([
    ['has no owner', { account: { ...ACCOUNT, ownerId: null }, users: [] }],
    ['has got another owner meanwhile', { locked: { ...ACCOUNT, ownerId: 'bob' } }],
  ])('tells nobody where the account %s', async (_what, given) => {
    const { journal, create } = keysOf(given);
    await create();
    expect(journal.acts).not.toContain('tx outbox.notify');
    expect(journal.acts.at(-1)).toBe('COMMIT');
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('records the end of a key that there was (%s)', async (isThere, count) => {
    const { journal, service } = keysOf({ keys: { delete: answers(isThere) } });
    const revoked = service.revoke('a', 'k', anAdmin());
    if (isThere) await revoked;
    else expect((await refusalOf(revoked)).code).toBe('not-found');
    expect(journal.events).toHaveLength(count);
  });

  it.each([
    [2, [{ type: 'service-key.revoked', service_id: 'a', count: 2 }]],
    [0, []],
  ])('records one event for the end of %i keys', async (count, events) => {
    const { journal, service } = keysOf({ keys: { deleteAll: answers(count) } });
    await service.revokeAll('a', anAdmin());
    expect(journal.events).toEqual(events);
  });
});
