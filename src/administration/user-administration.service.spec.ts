import { aLockedUser, anAdmin, anIdentity, aService, authorityOf } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import { entityTagOf, Precondition } from '../http/entity-tag';
import { toManagedUserResponse } from '../identity/dto/managed-user-response.dto';
import type { ManagedUser, ManagedUsersReader } from '../identity/managed-users.reader';
import type { Outbox } from '../mail/outbox.service';
import type { Principal } from '../security/principal';
import type { AuthorityService } from '../users/authority.service';
import type { LockedUser } from '../users/users.repository';
import type { ManagedUsersRepository } from './managed-users.repository';
import { UserAdministrationService } from './user-administration.service';

const ADA: ManagedUser = {
  identity: anIdentity(),
  hasPassword: true,
  lastSignInAt: null,
  updatedAt: new Date('2026-01-02T03:04:05.000Z'),
};
const ANY = new Precondition(undefined);
const OTHER = new Precondition('"another"');

interface Given {
  caller?: Principal;
  target?: LockedUser | undefined;
  users?: Plan<ManagedUsersRepository>;
}

function serviceOf(given: Given = {}) {
  const { caller, target, users } = { caller: anAdmin(), target: aLockedUser(), users: {}, ...given };
  const journal = new Journal();
  const service = new UserAdministrationService(
    journal.database(),
    journal.fake<AuthorityService>('authority', {
      require: (principal, permission) => {
        const authority = authorityOf(principal, ...(target ? [target] : []));
        authority.require(permission);
        return Promise.resolve(authority);
      },
    }),
    journal.fake<ManagedUsersReader>('reader', { find: answers(target && ADA) }),
    journal.fake<ManagedUsersRepository>('users', { update: done, delete: done, ...users }),
    journal.fake<Outbox>('outbox', { notify: done }),
    journal.audit(),
  );
  return { journal, service, caller };
}

describe('UserAdministrationService.update', () => {
  it('changes, tells the user at the address of before, and records, in one transaction under the lock', async () => {
    const { journal, service, caller } = serviceOf();
    await service.update(caller, 'ada', { email: 'new@example.com', isActive: false }, ANY);
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx authority.require',
      'tx users.update',
      'tx outbox.notify',
      'tx audit user.updated',
      'tx reader.find',
      'COMMIT',
    ]);
    expect(journal.given('authority.require')).toEqual([[caller, 'users:write', ['ada']]]);
    expect(journal.given('outbox.notify')).toEqual([
      [
        'account-changed',
        { userId: 'ada', address: 'ada@example.com' },
        { change: 'the e-mail address, it was deactivated' },
      ],
    ]);
  });

  it('R61 records which fields changed, and values of none that is personal', async () => {
    const { journal, service, caller } = serviceOf();
    const changes = { email: 'new@example.com', name: undefined, role: 'admin', isActive: true } as const;
    await service.update(caller, 'ada', changes, ANY);
    expect(journal.events).toEqual([
      {
        type: 'user.updated',
        user_id: 'ada',
        changed: ['email', 'role', 'isActive'],
        role: 'admin',
        is_active: true,
      },
    ]);
  });

  it('sends no mail where nothing changes', async () => {
    const { journal, service, caller } = serviceOf();
    await service.update(caller, 'ada', {}, ANY);
    expect(journal.acts).not.toContain('tx outbox.notify');
  });

  it('R56 lets no service give or take the platform role, whatever its scopes', async () => {
    const { journal, service, caller } = serviceOf({ caller: aService('users:write') });
    const refusal = await refusalOf(service.update(caller, 'ada', { role: 'admin', name: 'x' }, ANY));
    expect(refusal.code).toBe('forbidden');
    expect(journal.acts).toEqual(['BEGIN', 'tx authority.require', 'ROLLBACK']);
  });

  it.each<[string, Given, Precondition, string]>([
    [
      'a service that acts on an administrator',
      { caller: aService('users:write'), target: aLockedUser({ role: 'admin' }) },
      ANY,
      'forbidden',
    ],
    ['a service without the scope', { caller: aService('users:read') }, ANY, 'insufficient-scope'],
    ['an id that nobody has', { target: undefined }, OTHER, 'not-found'],
    ['a user who is another by now', {}, OTHER, 'precondition-failed'],
  ])('refuses %s, and changes, sends and records nothing', async (_who, given, precondition, code) => {
    const { journal, service, caller } = serviceOf(given);
    expect((await refusalOf(service.update(caller, 'ada', { name: 'x' }, precondition))).code).toBe(code);
    expect(journal.acts.at(-1)).toBe('ROLLBACK');
    expect(journal.acts).not.toContain('tx users.update');
    expect(journal.events).toEqual([]);
  });

  it('changes a user who is as the caller has seen them', async () => {
    const { journal, service, caller } = serviceOf();
    const same = new Precondition(entityTagOf(toManagedUserResponse(ADA)));
    await service.update(caller, 'ada', { name: 'x' }, same);
    expect(journal.acts.slice(1, 4)).toEqual(['tx authority.require', 'tx reader.find', 'tx users.update']);
  });

  it('leaves no notice behind when the database refuses the change', async () => {
    const { journal, service, caller } = serviceOf({ users: { update: refuses('last-admin') } });
    expect((await refusalOf(service.update(caller, 'ada', { role: 'user' }, ANY))).code).toBe('last-admin');
    expect(journal.acts.slice(-2)).toEqual(['tx users.update', 'ROLLBACK']);
  });
});

describe('UserAdministrationService.delete', () => {
  it('R93 writes the notice without the user, who is gone when it is sent', async () => {
    const { journal, service, caller } = serviceOf();
    await service.delete(caller, 'ada', ANY);
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx authority.require',
      'tx outbox.notify',
      'tx users.delete',
      'tx audit user.deleted',
      'COMMIT',
    ]);
    expect(journal.given('outbox.notify')).toEqual([
      ['account-deleted', { userId: null, address: 'ada@example.com' }],
    ]);
  });

  it.each([
    ['the last administrator', {}, refuses('last-admin'), 'last-admin'],
    ['nobody', { target: undefined }, done, 'not-found'],
  ])('records no deletion of %s', async (_who, given, remove, code) => {
    const { journal, service, caller } = serviceOf({ ...given, users: { delete: remove } });
    expect((await refusalOf(service.delete(caller, 'ada', ANY))).code).toBe(code);
    expect(journal.acts.at(-1)).toBe('ROLLBACK');
    expect(journal.events).toEqual([]);
  });
});

describe('UserAdministrationService: other acts', () => {
  it.each([
    [true, undefined, 'COMMIT'],
    [false, 'not-found', 'ROLLBACK'],
  ])('removes a tombstone that there is (%s)', async (there, code, end) => {
    const { journal, service, caller } = serviceOf({ users: { deleteTombstone: answers(there) } });
    const removed = service.removeTombstone(caller, 'ada');
    if (code) expect((await refusalOf(removed)).code).toBe(code);
    else await removed;
    expect(journal.acts.at(-1)).toBe(end);
    expect(journal.events).toHaveLength(there ? 1 : 0);
  });

  it('answers 404 for an id that nobody has', async () => {
    const { service } = serviceOf({ target: undefined });
    expect((await refusalOf(service.get('ada'))).code).toBe('not-found');
  });
});
