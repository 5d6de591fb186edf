import { anAdmin, aService, aUser, authorityOf } from '../../test/support/unit/callers';
import { answers, Journal, refusalOf } from '../../test/support/unit/journal';
import type { Principal } from '../security/principal';
import type { AuthorityService } from '../users/authority.service';
import { TeamAccessService } from './team-access.service';
import type { TeamAdministrationRepository } from './team-administration.repository';
import type { TeamRole } from './team-membership.entity';
import type { Team } from './team.entity';

const TEAM: Team = { id: 't', name: 'Design', externalRef: null, isActive: true, isDefault: false };
const INACTIVE = { ...TEAM, isActive: false };
const MEMBER = aUser({ teams: [{ ...TEAM, role: null }] });

function serviceOf(team: Team | null, role?: TeamRole) {
  const journal = new Journal();
  const service = new TeamAccessService(
    journal.fake<AuthorityService>('authority', {
      lock: (principal) => Promise.resolve(authorityOf(principal)),
    }),
    journal.fake<TeamAdministrationRepository>('teams', {
      find: answers(team),
      lock: answers(team),
      lockRole: answers(role),
    }),
  );
  return {
    journal,
    service,
    lock: (caller: Principal) => service.lock('t', caller, journal.manager, ['bob']),
  };
}

/** What becomes of a decision. */
function codeOf(decide: () => void): string {
  try {
    decide();
    return 'allowed';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('TeamAccessService.read', () => {
  it.each<[string, Principal, Team | null, string]>([
    ['a member', MEMBER, TEAM, 'allowed'],
    ['an administrator', anAdmin(), TEAM, 'allowed'],
    ['an administrator, of an inactive team', anAdmin(), INACTIVE, 'allowed'],
    ['a service with the scope', aService('teams:write'), TEAM, 'allowed'],
    ['another user', aUser(), TEAM, 'forbidden'],
    ['a service without it', aService('users:read'), TEAM, 'forbidden'],
    ['a member, of an inactive team', MEMBER, INACTIVE, 'not-found'],
    ['another user, of an inactive team', aUser(), INACTIVE, 'not-found'],
    ['an administrator, of no team', anAdmin(), null, 'not-found'],
    ['another user, of no team', aUser(), null, 'not-found'],
  ])('decides for %s', async (_who, caller, team, outcome) => {
    const read = serviceOf(team).service.read('t', caller);
    if (outcome === 'allowed') expect(await read).toBe(team);
    else expect((await refusalOf(read)).code).toBe(outcome);
  });
});

describe('TeamAccessService.lock', () => {
  it('R56 locks caller and users, then the team, then the place of the caller in it', async () => {
    const { journal, lock } = serviceOf(TEAM, 'owner');
    await lock(aUser());
    expect(journal.acts).toEqual(['authority.lock', 'teams.lock', 'teams.lockRole']);
    expect(journal.given('authority.lock')[0]?.[1]).toEqual(['bob']);
  });

  it.each<[string, Principal, TeamRole | undefined, string[]]>([
    ['an administrator', anAdmin(), undefined, ['allowed', 'allowed', 'allowed']],
    ['a service with the scope', aService('teams:write'), undefined, ['allowed', 'allowed', 'allowed']],
    ['an owner', aUser(), 'owner', ['forbidden', 'allowed', 'allowed']],
    ['an admin of the team', aUser(), 'admin', ['forbidden', 'allowed', 'forbidden']],
    ['a member', aUser(), 'member', ['forbidden', 'forbidden', 'forbidden']],
    ['another user', aUser(), undefined, ['forbidden', 'forbidden', 'forbidden']],
    [
      'a user who was an owner when the guard read',
      aUser({ teams: [{ ...TEAM, role: 'owner' }] }),
      undefined,
      ['forbidden', 'forbidden', 'forbidden'],
    ],
  ])('decides for %s: platform, team, owners', async (_who, caller, role, outcomes) => {
    const access = await serviceOf(TEAM, role).lock(caller);
    expect([
      codeOf(() => access.requireAdmin()).replace('insufficient-scope', 'forbidden'),
      codeOf(() => access.requireTeamAdmin()),
      codeOf(() => access.requireOwner()),
    ]).toEqual(outcomes);
  });

  it.each<[string, Principal, Team | null]>([
    ['an inactive team of an owner', aUser(), INACTIVE],
    ['no team of an administrator', anAdmin(), null],
  ])('does not find %s', async (_what, caller, team) => {
    const { journal, lock } = serviceOf(team, 'owner');
    expect((await refusalOf(lock(caller))).code).toBe('not-found');
    expect(journal.acts).not.toContain('teams.lockRole');
  });

  it('asks for no place of a service', async () => {
    const { journal, lock } = serviceOf(TEAM);
    await lock(aService('teams:write'));
    expect(journal.acts).not.toContain('teams.lockRole');
  });
});
