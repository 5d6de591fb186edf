import { anAdmin, anIdentity, aService, authorityOf } from '../../test/support/unit/callers';
import { answers, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import type { IdempotencyService } from '../idempotency/idempotency.service';
import type { ManagedUsersReader } from '../identity/managed-users.reader';
import type { Principal } from '../security/principal';
import type { AuthorityService } from '../users/authority.service';
import type { UserCreationService, UserToCreate } from './user-creation.service';
import { UserOnboardingService } from './user-onboarding.service';

const NEW: UserToCreate = {
  email: 'ada@example.com',
  name: 'Ada',
  password: undefined,
  role: 'user',
  teams: undefined,
  domains: undefined,
};
const EXPIRES = new Date('2026-05-02T10:00:00.000Z');

function serviceOf(creation: Plan<UserCreationService> = {}) {
  const journal = new Journal();
  const stored: unknown[] = [];
  const service = new UserOnboardingService(
    journal.database(),
    journal.fake<AuthorityService>('authority', {
      require: (principal, permission) => {
        const authority = authorityOf(principal);
        authority.require(permission);
        return Promise.resolve(authority);
      },
    }),
    {
      once: async (_request, _manager, work, conceal) => {
        const body = await work();
        stored.push(conceal(body));
        return body;
      },
    } as Partial<IdempotencyService> as IdempotencyService,
    journal.fake<UserCreationService>('creation', {
      prepare: (user) => Promise.resolve({ ...user, passwordHash: user.password && 'the hash' }),
      create: answers({ id: 'ada', activation: { code: 'SECRET', expiresAt: EXPIRES } }),
      ...creation,
    }),
    journal.fake<ManagedUsersReader>('reader', {
      find: answers({ identity: anIdentity(), hasPassword: false, lastSignInAt: null, updatedAt: EXPIRES }),
    }),
    journal.audit(),
  );
  const create = (caller: Principal, user: Partial<UserToCreate> = {}) =>
    service.create(caller, { ...NEW, ...user }, undefined);
  return { journal, stored, create };
}

describe('UserOnboardingService', () => {
  it('hashes before the transaction, and makes and records the user in it', async () => {
    const { journal, create } = serviceOf();
    await create(anAdmin(), { role: 'admin' });
    expect(journal.acts).toEqual([
      'creation.prepare',
      'BEGIN',
      'tx authority.require',
      'tx creation.create',
      'tx reader.find',
      'tx audit user.created',
      'COMMIT',
    ]);
    expect(journal.events).toEqual([{ type: 'user.created', user_id: 'ada', role: 'admin' }]);
  });

  it('answers the activation code, and stores the answer without it', async () => {
    const { stored, create } = serviceOf();
    expect((await create(anAdmin())).activation).toEqual({
      code: 'SECRET',
      expires_at: '2026-05-02T10:00:00.000Z',
    });
    expect(stored).toMatchObject([{ id: 'ada', activation: { code: null } }]);
    expect(JSON.stringify(stored)).not.toContain('SECRET');
  });

  it('answers no activation for a user with a password', async () => {
    const { create } = serviceOf({ create: answers({ id: 'ada', activation: undefined }) });
    expect(await create(anAdmin(), { password: 'correct horse' })).not.toHaveProperty('activation');
  });

  it('R56 lets no service make an administrator, and hashes nothing for it', async () => {
    const { journal, create } = serviceOf();
    const refusal = await refusalOf(create(aService('users:write'), { role: 'admin' }));
    expect(refusal.code).toBe('forbidden');
    expect(journal.acts).toEqual([]);
  });

  it.each<[string, Partial<UserToCreate>, string]>([
    ['teams', { teams: [{ id: 't', role: 'owner' }] }, 'teams:write'],
    ['domains', { domains: ['d'] }, 'domains:write'],
  ])('R56 lets a service give places in %s only with the scope for them', async (_what, places, scope) => {
    const { journal, create } = serviceOf();
    expect(await refusalOf(create(aService('users:write'), places))).toMatchObject({
      code: 'insufficient-scope',
      scope,
    });
    expect(journal.acts).not.toContain('tx creation.create');
    const both = aService('users:write', 'teams:write', 'domains:write');
    await expect(serviceOf().create(both, places)).resolves.toMatchObject({ id: 'ada' });
  });

  it('lets a service make a user without any place', async () => {
    const { create } = serviceOf();
    const none = { teams: [], domains: [] };
    await expect(create(aService('users:write'), none)).resolves.toMatchObject({ id: 'ada' });
  });

  it.each<[string, Plan<UserCreationService>, string, string]>([
    ['an unfit password', { prepare: refuses('invalid-input') }, 'invalid-input', 'creation.prepare'],
    [
      'a taken address',
      { create: refuses('email-already-registered') },
      'email-already-registered',
      'ROLLBACK',
    ],
  ])('records no user after %s', async (_what, plan, code, last) => {
    const { journal, create, stored } = serviceOf(plan);
    expect((await refusalOf(create(anAdmin(), { password: 'x' }))).code).toBe(code);
    expect(journal.acts.at(-1)).toBe(last);
    expect([...journal.events, ...stored]).toEqual([]);
  });
});
