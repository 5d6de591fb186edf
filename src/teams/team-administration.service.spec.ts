import { anAdmin, aService, aUser, authorityOf } from '../../test/support/unit/callers';
import { comingOnce, repeated } from '../../test/support/unit/idempotency';
import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import { accessOf, aTeam } from '../../test/support/unit/team';
import { entityTagOf, Precondition } from '../http/entity-tag';
import type { IdempotencyService } from '../idempotency/idempotency.service';
import type { Principal } from '../security/principal';
import type { AuthorityService } from '../users/authority.service';
import { toTeamResponse } from './dto/team-response.dto';
import type { TeamAdministrationRepository, TeamChanges } from './team-administration.repository';
import { TeamAdministrationService } from './team-administration.service';
import type { TeamRole } from './team-membership.entity';
import type { Team } from './team.entity';

const ANY = new Precondition(undefined);
const OTHER = new Precondition('"another"');

interface Given {
  caller?: Principal;
  role?: TeamRole;
  team?: Team;
  teams?: Plan<TeamAdministrationRepository>;
  idempotency?: IdempotencyService;
}

function serviceOf({
  caller = anAdmin(),
  role,
  team = aTeam(),
  teams = {},
  idempotency = comingOnce(),
}: Given = {}) {
  const journal = new Journal();
  const service = new TeamAdministrationService(
    journal.database(),
    journal.fake<AuthorityService>('authority', {
      require: (principal, permission) => {
        const authority = authorityOf(principal);
        authority.require(permission);
        return Promise.resolve(authority);
      },
    }),
    accessOf(journal, caller, { role, team }),
    journal.fake<TeamAdministrationRepository>('teams', {
      insert: answers(aTeam()),
      update: answers(aTeam({ name: 'UX' })),
      delete: done,
      ...teams,
    }),
    idempotency,
    journal.audit(),
  );
  const update = (changes: TeamChanges, precondition = ANY) =>
    service.update('t', changes, precondition, caller);
  const create = () => service.create({ name: 'Design', externalRef: null }, undefined, caller);
  return { journal, service, caller, update, create };
}

describe('TeamAdministrationService', () => {
  it('makes a team in which nobody is, and records it', async () => {
    const { journal, create } = serviceOf();
    expect(await create()).toMatchObject({ id: 't', is_default: false });
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx authority.require',
      'tx teams.insert',
      'tx audit team.created',
      'COMMIT',
    ]);
  });

  it.each<[string, Principal, string]>([
    ['a user', aUser(), 'forbidden'],
    ['a service without the scope', aService('users:write'), 'insufficient-scope'],
  ])('makes no team for %s, not even again', async (_who, caller, code) => {
    const { journal, create } = serviceOf({ caller, idempotency: repeated({}) });
    expect((await refusalOf(create())).code).toBe(code);
    expect(journal.acts).toEqual(['BEGIN', 'tx authority.require', 'ROLLBACK']);
  });

  it.each<[string, Given, TeamChanges, string | undefined]>([
    ['an administrator everything', {}, { name: 'UX', isActive: false }, undefined],
    ['an admin of the team its name', { caller: aUser(), role: 'admin' }, { name: 'UX' }, undefined],
    ['a member nothing', { caller: aUser(), role: 'member' }, { name: 'UX' }, 'forbidden'],
    ['an owner no reference', { caller: aUser(), role: 'owner' }, { externalRef: null }, 'forbidden'],
    ['an owner no state', { caller: aUser(), role: 'owner' }, { name: 'UX', isActive: true }, 'forbidden'],
    ['an owner no default', { caller: aUser(), role: 'owner' }, { isDefault: true }, 'forbidden'],
  ])('lets change %s', async (_what, given, changes, code) => {
    const { journal, update } = serviceOf(given);
    if (code === undefined) {
      await update({ ...changes, externalRef: undefined });
      expect(journal.events).toEqual([{ type: 'team.updated', team_id: 't', changed: Object.keys(changes) }]);
    } else {
      expect((await refusalOf(update(changes))).code).toBe(code);
      expect(journal.acts).toEqual(['BEGIN', 'tx access.lock', 'ROLLBACK']);
    }
  });

  it('compares with the team as the caller sees it: only administrators see whether it is the default', async () => {
    const seen = new Precondition(entityTagOf(toTeamResponse(aTeam(), false)));
    const owner = serviceOf({ caller: aUser(), role: 'owner' });
    expect(await owner.update({ name: 'UX' }, seen)).toEqual({
      id: 't',
      name: 'UX',
      external_ref: null,
      is_active: true,
    });
    expect((await refusalOf(serviceOf().update({ name: 'UX' }, seen))).code).toBe('precondition-failed');
  });

  it('says 403, not 412, to a caller who may not change the team at all', async () => {
    const { update } = serviceOf({ caller: aUser() });
    expect((await refusalOf(update({ name: 'UX' }, OTHER))).code).toBe('forbidden');
  });

  it('leaves the default to another team, but does not take it away', async () => {
    const { journal, update } = serviceOf({ team: aTeam({ isDefault: true }) });
    expect((await refusalOf(update({ isDefault: false }))).code).toBe('default-in-use');
    expect(journal.acts).not.toContain('tx teams.update');
    await expect(serviceOf().update({ isDefault: false })).resolves.toMatchObject({ id: 't' });
  });

  it('deletes a team and records it', async () => {
    const { journal, service, caller } = serviceOf();
    await service.delete('t', ANY, caller);
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx access.lock',
      'tx teams.delete',
      'tx audit team.deleted',
      'COMMIT',
    ]);
  });

  it.each<[string, Given, Precondition, string]>([
    ['by an owner', { caller: aUser(), role: 'owner' }, ANY, 'forbidden'],
    ['that is another by now', {}, OTHER, 'precondition-failed'],
    ['that is the default', { teams: { delete: refuses('default-in-use') } }, ANY, 'default-in-use'],
  ])('deletes no team %s', async (_which, given, precondition, code) => {
    const { journal, service, caller } = serviceOf(given);
    expect((await refusalOf(service.delete('t', precondition, caller))).code).toBe(code);
    expect(journal.acts.at(-1)).toBe('ROLLBACK');
    expect(journal.events).toEqual([]);
  });
});
