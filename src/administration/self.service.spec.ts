import { aUser, authorityOf } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import type { ManagedUsersReader } from '../identity/managed-users.reader';
import type { ReauthenticationService } from '../passwords/reauthentication.service';
import type { AuthorityService } from '../users/authority.service';
import type { ManagedUsersRepository } from './managed-users.repository';
import { SelfService } from './self.service';

const ADA = aUser();

interface Given {
  require?: () => Promise<void>;
  lock?: () => Promise<never>;
  found?: undefined;
  users?: Plan<ManagedUsersRepository>;
}

function serviceOf(given: Given = {}) {
  const { require, lock, found } = { require: done, lock: answers(authorityOf(ADA)), found: {}, ...given };
  const journal = new Journal();
  const service = new SelfService(
    journal.database(),
    journal.fake<AuthorityService>('authority', { lock }),
    journal.fake<ReauthenticationService>('reauthentication', { require }),
    journal.fake<ManagedUsersReader>('reader', { find: answers(found) }),
    journal.fake<ManagedUsersRepository>('users', {
      delete: done,
      findHistory: answers({}),
      ...given.users,
    }),
    journal.audit(),
  );
  return { journal, service };
}

describe('SelfService', () => {
  it('R84 deletes after a proof, under the lock of the user, and records it', async () => {
    const { journal, service } = serviceOf();
    await service.delete(ADA, 'her password');
    expect(journal.acts).toEqual([
      'reauthentication.require',
      'BEGIN',
      'tx authority.lock',
      'tx users.delete',
      'tx audit user.deleted',
      'COMMIT',
    ]);
    expect(journal.given('reauthentication.require')).toEqual([[ADA, 'her password']]);
  });

  it.each<[string, Given, string, number]>([
    ['without a proof', { require: refuses('reauthentication-required') }, 'reauthentication-required', 1],
    ['who was switched off meanwhile', { lock: refuses('invalid-token') }, 'invalid-token', 4],
    ['who is the last administrator', { users: { delete: refuses('last-admin') } }, 'last-admin', 5],
  ])('deletes nobody %s', async (_who, given, code, acts) => {
    const { journal, service } = serviceOf(given);
    expect((await refusalOf(service.delete(ADA, undefined))).code).toBe(code);
    expect(journal.acts).toHaveLength(acts);
    expect(journal.events).toEqual([]);
  });

  it('R61 records an export, and none of a user who is gone', async () => {
    const { journal, service } = serviceOf();
    await service.export(ADA);
    expect(journal.events).toEqual([{ type: 'user.exported', user_id: 'ada' }]);
    const gone = serviceOf({ found: undefined });
    expect((await refusalOf(gone.service.export(ADA))).code).toBe('not-found');
    expect(gone.journal.events).toEqual([]);
  });
});
