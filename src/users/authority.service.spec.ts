import { aLockedUser, anAdmin, aService, aUser } from '../../test/support/unit/callers';
import { answers, Journal, refusalOf } from '../../test/support/unit/journal';
import type { Permission } from '../security/permissions';
import { AuthorityService } from './authority.service';
import type { LockedUser, UsersRepository } from './users.repository';

function serviceOf(users: LockedUser[], scopes?: readonly string[]) {
  const journal = new Journal();
  const service = new AuthorityService(
    journal.fake<UsersRepository>('users', {
      lockAll: answers(new Map(users.map((user) => [user.id, user]))),
      lockServiceKey: answers(scopes),
    }),
  );
  return { journal, service };
}

const ROOT = aLockedUser({ id: 'root', role: 'admin' });
const ADA = aLockedUser();

describe('AuthorityService: users', () => {
  it('R56 locks the caller and those acted on in one step, and lets the role of this moment decide', async () => {
    const { journal, service } = serviceOf([ROOT, ADA]);
    const authority = await service.lock(anAdmin(), journal.manager, ['ada']);
    expect(journal.given('users.lockAll')).toEqual([[{ written: ['ada'], read: 'root' }]]);
    expect(authority.may('users:write')).toBe(true);
    expect(authority.user('ada')).toBe(ADA);
    expect(authority.user('nobody')).toBeUndefined();
  });

  it('R56 refuses an administrator who was demoted since the guard has read', async () => {
    const { journal, service } = serviceOf([{ ...ROOT, role: 'user' }]);
    const refusal = await refusalOf(service.require(anAdmin(), 'users:write', journal.manager));
    expect(refusal.code).toBe('forbidden');
  });

  it.each([
    ['is gone', []],
    ['was switched off', [{ ...ROOT, isActive: false }]],
  ])('R16 refuses a caller who %s since the guard has read', async (_what, users) => {
    const { journal, service } = serviceOf(users);
    expect((await refusalOf(service.lock(anAdmin(), journal.manager))).code).toBe('invalid-token');
  });

  it.each<Permission>(['tokens:validate'])(
    'gives no administrator the permission %s of services',
    async (permission) => {
      const { journal, service } = serviceOf([ROOT]);
      expect((await service.lock(anAdmin(), journal.manager)).may(permission)).toBe(false);
    },
  );

  it('gives a user no permission', async () => {
    const { journal, service } = serviceOf([ADA]);
    const authority = await service.lock(aUser(), journal.manager);
    expect(() => authority.require('users:read')).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });
});

describe('AuthorityService: services', () => {
  it('locks users before the key: the order in which everybody locks', async () => {
    const { journal, service } = serviceOf([ADA], ['users:write']);
    await service.lock(aService('users:write'), journal.manager, ['ada']);
    expect(journal.acts).toEqual(['users.lockAll', 'users.lockServiceKey']);
    expect(journal.given('users.lockServiceKey')).toEqual([['its-key']]);
  });

  it('refuses a service whose key has ended since the guard has read', async () => {
    const { journal, service } = serviceOf([]);
    const refusal = await refusalOf(service.lock(aService('users:write'), journal.manager));
    expect(refusal).toMatchObject({ code: 'invalid-token', reason: 'service key' });
  });

  it.each<[string, readonly string[], boolean]>([
    ['has', ['users:write'], true],
    ['has by one that includes it', ['users:write', 'audit:read'], true],
    ['has lost', ['audit:read'], false],
  ])('lets the scopes of this moment decide that the account %s', async (_what, held, may) => {
    const { journal, service } = serviceOf([], held);
    expect((await service.lock(aService('users:write'), journal.manager)).may('users:write')).toBe(may);
  });

  it('gives a token no scope that the account has and the token has not', async () => {
    const { journal, service } = serviceOf([], ['users:write', 'teams:write']);
    const authority = await service.lock(aService('users:read'), journal.manager);
    expect(authority.may('users:read')).toBe(true);
    expect(authority.may('users:write')).toBe(false);
    expect(authority.may('teams:write')).toBe(false);
  });

  it('names the scope that is missing', async () => {
    const { journal, service } = serviceOf([], ['audit:read', 'services:write', 'no-scope']);
    const caller = aService('audit:read');
    expect(await refusalOf(service.require(caller, 'teams:write', journal.manager))).toMatchObject({
      code: 'insufficient-scope',
      scope: 'teams:write',
    });
    expect((await service.lock(caller, journal.manager)).may('services:write')).toBe(false);
  });

  it('R56 lets no service act on an administrator, an administrator may', async () => {
    const { journal, service } = serviceOf([ROOT], ['users:write']);
    const authority = await service.lock(aService('users:write'), journal.manager, ['root']);
    const over = (target: LockedUser) => () => authority.requireOver(aService('users:write'), target);
    expect(over(ROOT)).toThrow(expect.objectContaining({ code: 'forbidden' }));
    expect(over(ADA)).not.toThrow();
    expect(() => authority.requireOver(anAdmin(), ROOT)).not.toThrow();
  });
});
