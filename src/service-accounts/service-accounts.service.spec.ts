import { aLockedUser, anAdmin, aService, aUser, authorityOf } from '../../test/support/unit/callers';
import { comingOnce, repeated } from '../../test/support/unit/idempotency';
import { answers, done, Journal, refusalOf } from '../../test/support/unit/journal';
import { entityTagOf, Precondition } from '../http/entity-tag';
import type { IdempotencyService } from '../idempotency/idempotency.service';
import type { Principal } from '../security/principal';
import type { AuthorityService } from '../users/authority.service';
import type { LockedUser } from '../users/users.repository';
import { toServiceAccountResponse } from './dto/service-account-response.dto';
import type { ServiceAccount } from './service-account.entity';
import type { ServiceAccountChanges, ServiceAccountsRepository } from './service-accounts.repository';
import { ServiceAccountsService } from './service-accounts.service';

const AT = new Date('2026-05-01T10:00:00.000Z');
const ACCOUNT: ServiceAccount = {
  id: 'a',
  name: 'billing',
  scopes: ['users:read'],
  ownerId: 'ada',
  createdAt: AT,
};
const ANY = new Precondition(undefined);

interface Given {
  caller?: Principal;
  account?: ServiceAccount | null;
  users?: LockedUser[];
  idempotency?: IdempotencyService;
}

function accountsOf(given: Given = {}) {
  const { caller, account, users, idempotency } = {
    caller: anAdmin(),
    account: ACCOUNT,
    users: [aLockedUser()],
    idempotency: comingOnce(),
    ...given,
  };
  const journal = new Journal();
  const service = new ServiceAccountsService(
    journal.database(),
    journal.fake<AuthorityService>('authority', {
      require: (principal, permission) => {
        const authority = authorityOf(principal, ...users);
        authority.require(permission);
        return Promise.resolve(authority);
      },
    }),
    journal.fake<ServiceAccountsRepository>('accounts', {
      find: answers(account),
      lock: answers(account),
      insert: (wanted) => Promise.resolve({ ...ACCOUNT, ...wanted }),
      update: answers(ACCOUNT),
      delete: done,
    }),
    idempotency,
    journal.audit(),
  );
  const create = () => service.create({ name: 'billing', scopes: ['users:read'] }, undefined, caller);
  const update = (changes: ServiceAccountChanges, precondition = ANY) =>
    service.update('a', changes, precondition, caller);
  return { journal, service, caller, create, update };
}

describe('ServiceAccountsService', () => {
  it('makes an account that the administrator owns, and records its scopes', async () => {
    const { journal, create } = accountsOf();
    expect(await create()).toMatchObject({ owner_id: 'root' });
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx authority.require',
      'tx accounts.insert',
      'tx audit service-account.created',
      'COMMIT',
    ]);
    expect(journal.events).toMatchObject([{ service_id: 'a', scopes: ['users:read'] }]);
  });

  it.each<[string, Principal, string]>([
    ['a user', aUser(), 'forbidden'],
    [
      'a service with all scopes',
      aService('users:write', 'teams:write', 'domains:write'),
      'insufficient-scope',
    ],
  ])('R56 lets %s make, change and delete none, not even again', async (_who, caller, code) => {
    const acts = accountsOf({ caller, idempotency: repeated({}) });
    for (const work of [
      () => acts.create(),
      () => acts.update({ scopes: ['users:write'] }),
      () => acts.service.delete('a', ANY, caller),
    ]) {
      expect((await refusalOf(work())).code).toBe(code);
      expect(acts.journal.acts.splice(0)).toEqual(['BEGIN', 'tx authority.require', 'ROLLBACK']);
    }
  });

  it('records which fields changed, with scopes and owner, and with no name', async () => {
    const { journal, update } = accountsOf();
    await update({ name: 'invoices', scopes: ['audit:read'], ownerId: null });
    expect(journal.events).toEqual([
      {
        type: 'service-account.updated',
        service_id: 'a',
        changed: ['name', 'scopes', 'ownerId'],
        scopes: ['audit:read'],
        owner_id: null,
      },
    ]);
  });

  it('locks a new owner, who has to be active', async () => {
    const { journal, update } = accountsOf();
    await update({ ownerId: 'ada' });
    expect(journal.given('authority.require')[0]?.[2]).toEqual(['ada']);
    for (const users of [[], [aLockedUser({ isActive: false })]]) {
      const refused = accountsOf({ users });
      expect(await refusalOf(refused.update({ ownerId: 'ada' }))).toMatchObject({
        code: 'invalid-input',
        faults: [{ pointer: '#/owner_id' }],
      });
      expect(refused.journal.acts).not.toContain('tx accounts.update');
    }
  });

  it.each<[string, Given, Precondition, string]>([
    ['that there is not', { account: null }, ANY, 'not-found'],
    ['that is another by now', {}, new Precondition('"another"'), 'precondition-failed'],
  ])('changes and deletes no account %s', async (_which, given, precondition, code) => {
    const { journal, service, caller, update } = accountsOf(given);
    expect((await refusalOf(update({ name: 'x' }, precondition))).code).toBe(code);
    expect((await refusalOf(service.delete('a', precondition, caller))).code).toBe(code);
    expect(journal.events).toEqual([]);
    expect(journal.acts.filter((act) => /accounts\.(update|delete)/.test(act))).toEqual([]);
  });

  it('deletes an account that is as the caller has seen it, and records it', async () => {
    const { journal, service, caller } = accountsOf();
    await service.delete('a', new Precondition(entityTagOf(toServiceAccountResponse(ACCOUNT))), caller);
    expect(journal.events).toEqual([{ type: 'service-account.deleted', service_id: 'a' }]);
  });
});
