import { answers, Journal } from '../../test/support/unit/journal';
import type { DomainsService } from '../domains/domains.service';
import type { PasswordHasher } from '../passwords/password-hasher';
import type { TeamsService } from '../teams/teams.service';
import type { UsersService } from '../users/users.service';
import type { SeedUser } from './dto/seed-file.dto';
import { SeedUsersService } from './seed-users.service';

function seed(user: Partial<SeedUser> = {}, given: { id?: undefined; isThere?: boolean } = {}) {
  const { id, isThere } = { id: 'ada', isThere: true, ...given };
  const journal = new Journal();
  const service = new SeedUsersService(
    journal.fake<PasswordHasher>('hasher', { hash: answers('the hash') }),
    journal.fake<UsersService>('users', { createIfAbsent: answers(id) }),
    journal.fake<TeamsService>('teams', { join: answers(isThere), joinDefault: answers('general') }),
    journal.fake<DomainsService>('domains', {
      assign: answers(isThere),
      assignDefault: answers('engineering'),
    }),
  );
  const row = { email: 'ada@example.com', name: 'Ada', ...user };
  const create = () => service.create({ email: row.email, user: row, passwordHash: null }, journal.manager);
  return { journal, create, prepare: () => service.prepare(row.email, row) };
}

describe('SeedUsersService', () => {
  it('hashes a password, and none where there is none', async () => {
    expect(await seed({ password: 'correct horse' }).prepare()).toMatchObject({ passwordHash: 'the hash' });
    const { journal, prepare } = seed();
    expect(await prepare()).toMatchObject({ passwordHash: null });
    expect(journal.acts).toEqual([]);
  });

  it('leaves a user who is there as they are', async () => {
    const { journal, create } = seed({ teams: [{ name: 'Design' }] }, { id: undefined });
    expect(await create()).toBe(false);
    expect(journal.acts).toEqual(['users.createIfAbsent']);
  });

  it.each<[string, Partial<SeedUser>, string[]]>([
    ['the defaults where nothing is listed', {}, ['teams.joinDefault', 'domains.assignDefault']],
    ['nothing where the lists are empty', { teams: [], domains: [] }, []],
    [
      'what is listed',
      { teams: [{ name: 'Design', role: 'owner' }], domains: ['design', 'sales'] },
      ['teams.join', 'domains.assign', 'domains.assign'],
    ],
  ])('gives %s', async (_what, user, acts) => {
    const { journal, create } = seed(user);
    expect(await create()).toBe(true);
    expect(journal.acts.slice(1)).toEqual(acts);
  });

  it.each([
    [true, { emailVerifiedAt: expect.any(Date) }],
    [false, {}],
  ])('R72 takes an address for proven only where the file says so (%s)', async (email_verified, proof) => {
    const { journal, create } = seed({ email_verified });
    await create();
    expect(journal.given('users.createIfAbsent')).toEqual([
      [{ email: 'ada@example.com', name: 'Ada', passwordHash: null, ...proof }],
    ]);
  });

  it.each<[string, Partial<SeedUser>]>([
    ['team "Desing"', { teams: [{ name: 'Desing' }] }],
    ['domain "desing"', { teams: [], domains: ['desing'] }],
  ])('stops the start over a %s that does not exist, and names it', async (what, user) => {
    await expect(seed(user, { isThere: false }).create()).rejects.toThrow(
      `ada@example.com is in the ${what}`,
    );
  });
});
