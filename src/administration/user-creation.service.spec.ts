import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import type { DomainsService } from '../domains/domains.service';
import type { NewPasswordsService } from '../passwords/new-passwords.service';
import type { TeamsService } from '../teams/teams.service';
import type { UsersService } from '../users/users.service';
import type { ActivationCodes } from './activation-codes.service';
import type { ManagedUsersRepository } from './managed-users.repository';
import { UserCreationService, type PreparedUser } from './user-creation.service';

const ADA: PreparedUser = {
  email: 'ada@example.com',
  name: 'Ada',
  passwordHash: undefined,
  role: 'user',
  teams: undefined,
  domains: undefined,
};

interface Given {
  /** Of the new user; undefined: the address is taken. */
  id?: undefined;
  users?: Plan<ManagedUsersRepository>;
  hash?: () => Promise<string>;
}

function serviceOf(given: Given = {}) {
  const { id, users, hash } = { id: 'ada', users: {}, hash: answers('the hash'), ...given };
  const journal = new Journal();
  const service = new UserCreationService(
    journal.fake<UsersService>('accounts', { createIfAbsent: answers(id) }),
    journal.fake<ActivationCodes>('activations', { issue: answers({ code: 'c' }) }),
    journal.fake<ManagedUsersRepository>('users', {
      updateInitial: done,
      insertMemberships: answers([]),
      insertAssignments: answers([]),
      ...users,
    }),
    journal.fake<TeamsService>('teams', { joinDefault: answers('general') }),
    journal.fake<DomainsService>('domains', { assignDefault: answers('engineering') }),
    journal.fake<NewPasswordsService>('newPasswords', { hash }),
  );
  const create = (facts: Partial<PreparedUser> = {}) => service.create({ ...ADA, ...facts }, journal.manager);
  return { journal, service, create };
}

describe('UserCreationService', () => {
  it('gives a user without a password an activation code, and the default team and domain', async () => {
    const { journal, create } = serviceOf();
    expect(await create()).toEqual({ id: 'ada', activation: { code: 'c' } });
    expect(journal.acts).toEqual([
      'accounts.createIfAbsent',
      'teams.joinDefault',
      'domains.assignDefault',
      'activations.issue',
    ]);
  });

  it('R56 lets a password that an administrator chose open nothing but its change, and makes no code', async () => {
    const { journal, create } = serviceOf();
    expect(await create({ passwordHash: 'the hash' })).toEqual({ id: 'ada', activation: undefined });
    expect(journal.given('users.updateInitial')).toEqual([
      ['ada', { role: 'user', mustChangePassword: true }],
    ]);
    expect(journal.acts).not.toContain('activations.issue');
  });

  it('gives the role of an administrator, who has no password to change', async () => {
    const { journal, create } = serviceOf();
    await create({ role: 'admin' });
    expect(journal.given('users.updateInitial')).toEqual([
      ['ada', { role: 'admin', mustChangePassword: false }],
    ]);
  });

  it('gives the listed places in place of the defaults, and none where the lists are empty', async () => {
    const { journal, create } = serviceOf();
    const teams = [{ id: 't', role: 'owner' }] as const;
    await create({ teams, domains: [] });
    expect(journal.given('users.insertMemberships')).toEqual([['ada', teams]]);
    expect(journal.given('users.insertAssignments')).toEqual([['ada', []]]);
    expect(journal.acts).not.toContain('teams.joinDefault');
    expect(journal.acts).not.toContain('domains.assignDefault');
  });

  it.each<[string, Plan<ManagedUsersRepository>, string]>([
    ['team', { insertMemberships: answers(['no-team']) }, '#/teams/1/id'],
    ['domain', { insertAssignments: answers(['no-domain']) }, '#/domains/1'],
  ])(
    'names the %s that does not exist by its place in the list, and makes no code',
    async (_what, users, pointer) => {
      const { journal, create } = serviceOf({ users });
      const refusal = await refusalOf(
        create({
          teams: [
            { id: 't', role: null },
            { id: 'no-team', role: null },
          ],
          domains: ['d', 'no-domain'],
        }),
      );
      expect(refusal).toMatchObject({ code: 'invalid-input', faults: [{ pointer }] });
      expect(journal.acts).not.toContain('activations.issue');
    },
  );

  it('refuses a taken address before it gives anything', async () => {
    const { journal, create } = serviceOf({ id: undefined });
    expect((await refusalOf(create())).code).toBe('email-already-registered');
    expect(journal.acts).toEqual(['accounts.createIfAbsent']);
  });

  it('hashes a password that is given, for this user, and nothing else', async () => {
    const { journal, service } = serviceOf();
    const { passwordHash: _none, ...user } = ADA;
    expect(await service.prepare({ ...user, password: 'correct horse' })).toEqual({
      ...user,
      passwordHash: 'the hash',
    });
    expect(await service.prepare({ ...user, password: undefined })).toEqual(ADA);
    expect(journal.given('newPasswords.hash')).toEqual([['correct horse', user, '#/password']]);
    const unfit = serviceOf({ hash: refuses('invalid-input') });
    expect((await refusalOf(unfit.service.prepare({ ...user, password: 'x' }))).code).toBe('invalid-input');
  });
});
