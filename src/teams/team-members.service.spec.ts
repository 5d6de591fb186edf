import { aLockedUser, anAdmin, aUser } from '../../test/support/unit/callers';
import { comingOnce, repeated } from '../../test/support/unit/idempotency';
import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import { accessOf } from '../../test/support/unit/team';
import { entityTagOf, Precondition } from '../http/entity-tag';
import type { IdempotencyService } from '../idempotency/idempotency.service';
import type { Principal } from '../security/principal';
import type { LockedUser } from '../users/users.repository';
import type { UsersService } from '../users/users.service';
import { toMemberResponse } from './dto/member-response.dto';
import type { Member, TeamMembersRepository } from './team-members.repository';
import { TeamMembersService } from './team-members.service';
import type { TeamRole } from './team-membership.entity';

const ANY = new Precondition(undefined);
const OTHER = new Precondition('"another"');
const BOB = aLockedUser({ id: 'bob', email: 'bob@example.com' });
const member = (role: TeamRole | null): Member => ({
  user: { id: 'bob', email: 'bob@example.com', emailVerified: true, name: 'Bob', avatarUrl: null },
  role,
  joinedAt: null,
});

interface Given {
  caller?: Principal;
  /** Of the caller. */
  role?: TeamRole;
  /** What stands of Bob at each look. */
  found?: (Member | undefined)[];
  users?: LockedUser[];
  idOfAddress?: string | undefined;
  members?: Plan<TeamMembersRepository>;
  idempotency?: IdempotencyService;
}

function serviceOf(given: Given = {}) {
  const { caller, role, found, users, idOfAddress, members, idempotency } = {
    caller: aUser(),
    role: 'owner' as TeamRole,
    found: [undefined, member(null)],
    users: [BOB],
    idOfAddress: 'bob',
    idempotency: comingOnce(),
    ...given,
  };
  const journal = new Journal();
  const service = new TeamMembersService(
    journal.database(),
    accessOf(journal, caller, { role, users }),
    journal.fake<TeamMembersRepository>('members', {
      find: () => Promise.resolve(found.shift()),
      upsert: done,
      delete: done,
      ...members,
    }),
    journal.fake<UsersService>('users', { findIdByEmail: answers(idOfAddress) }),
    idempotency,
    journal.audit(),
  );
  const put = (wanted: TeamRole | undefined, precondition = ANY) =>
    service.put({ teamId: 't', userId: 'bob', role: wanted }, precondition, caller);
  const invite = (facts: { role?: TeamRole; allowUnproven?: boolean; email?: string } = {}) =>
    service.invite(
      't',
      { email: 'bob@example.com', role: undefined, allowUnproven: false, request: undefined, ...facts },
      caller,
    );
  const remove = (userId = 'bob', precondition = ANY) =>
    service.remove({ teamId: 't', userId }, precondition, caller);
  return { journal, put, invite, remove };
}

const WRITES = ['tx members.upsert', 'tx members.delete'];
function expectNothingDone(journal: Journal) {
  expect(journal.acts.filter((act) => WRITES.includes(act))).toEqual([]);
  expect(journal.acts.at(-1)).toBe('ROLLBACK');
  expect(journal.events).toEqual([]);
}

describe('TeamMembersService.put', () => {
  it('makes a user a member and records it, under the locks of caller, user and team', async () => {
    const { journal, put } = serviceOf({ role: 'admin' });
    expect(await put('member')).toEqual({ member: member(null), isNew: true });
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx access.lock',
      'tx members.find',
      'tx members.upsert',
      'tx members.find',
      'tx audit team.member.added',
      'COMMIT',
    ]);
    expect(journal.events).toMatchObject([{ team_id: 't', user_id: 'bob', role: 'member' }]);
  });

  it('leaves the role of a member as it is where none is given: also an admin may do that to an owner', async () => {
    const { journal, put } = serviceOf({ role: 'admin', found: [member('owner'), member('owner')] });
    expect(await put(undefined)).toMatchObject({ isNew: false });
    expect(journal.given('members.upsert')).toEqual([['t', 'bob', undefined]]);
    expect(journal.events).toMatchObject([{ type: 'team.member.updated', role: 'owner' }]);
  });

  it.each<[string, TeamRole, (Member | undefined)[], TeamRole]>([
    ['an owner of a new member', 'owner', [undefined], 'admin'],
    ['an owner of a member', 'owner', [member('member')], 'admin'],
    ['a member of an owner', 'member', [member('owner')], 'admin'],
    ['an admin of anybody', 'admin', [undefined], 'member'],
  ])('lets nobody make %s without the right', async (_what, wanted, found, role) => {
    const { journal, put } = serviceOf({ role, found });
    expect((await refusalOf(put(wanted))).code).toBe('forbidden');
    expectNothingDone(journal);
  });

  it('lets an admin write an owner down as what they are', async () => {
    const { put } = serviceOf({ role: 'admin', found: [member('owner'), member('owner')] });
    await expect(put('owner')).resolves.toMatchObject({ isNew: false });
  });

  it.each<[string, Partial<Given>]>([
    ['an owner', { role: 'owner' }],
    ['an administrator', { caller: anAdmin(), role: undefined }],
  ])('lets %s make owners', async (_who, given) => {
    const { journal, put } = serviceOf({ found: [undefined, member('owner')], ...given });
    await put('owner');
    expect(journal.events).toMatchObject([{ type: 'team.member.added', role: 'owner' }]);
  });

  it('does not find an id that nobody has', async () => {
    const { journal, put } = serviceOf({ users: [] });
    expect((await refusalOf(put('member'))).code).toBe('not-found');
    expectNothingDone(journal);
  });

  it('records nothing when the database keeps the last owner', async () => {
    const { journal, put } = serviceOf({
      found: [member('owner')],
      members: { upsert: refuses('last-owner') },
    });
    expect((await refusalOf(put('member'))).code).toBe('last-owner');
    expect(journal.events).toEqual([]);
  });
});

describe('TeamMembersService: If-Match', () => {
  const asSeen = new Precondition(entityTagOf(toMemberResponse(member(null))));

  it('changes and removes a member who is as the caller has seen them', async () => {
    const changing = serviceOf({ found: [member(null), member('admin')] });
    await expect(changing.put('admin', asSeen)).resolves.toMatchObject({ isNew: false });
    const removing = serviceOf({ found: [member(null)] });
    await expect(removing.remove('bob', asSeen)).resolves.toBeUndefined();
  });

  it.each<[string, Member | undefined, Precondition]>([
    ['who is another by now', member(null), OTHER],
    ['who is none', undefined, new Precondition('*')],
  ])('makes no member of one %s', async (_who, found, precondition) => {
    const { journal, put } = serviceOf({ found: [found] });
    expect((await refusalOf(put('admin', precondition))).code).toBe('precondition-failed');
    expectNothingDone(journal);
  });

  it('removes no member who is another by now', async () => {
    const { journal, remove } = serviceOf({ found: [member(null)] });
    expect((await refusalOf(remove('bob', OTHER))).code).toBe('precondition-failed');
    expectNothingDone(journal);
  });

  it('R56 says 403 to a caller without the right, whatever they expect', async () => {
    const { put } = serviceOf({ role: 'member', found: [member(null)] });
    expect((await refusalOf(put('member', OTHER))).code).toBe('forbidden');
  });
});

describe('TeamMembersService.invite', () => {
  it('makes the user of an address a member', async () => {
    const { journal, invite } = serviceOf();
    expect(await invite({ role: 'admin' })).toMatchObject({ user: { id: 'bob' } });
    expect(journal.given('members.upsert')).toEqual([['t', 'bob', 'admin']]);
    expect(journal.events).toMatchObject([{ type: 'team.member.added' }]);
  });

  it.each<[string, Given, Parameters<ReturnType<typeof serviceOf>['invite']>[0], string]>([
    ['an address that nobody has', { idOfAddress: undefined, users: [] }, {}, 'not-found'],
    [
      'an address that its user has lost meanwhile',
      { users: [{ ...BOB, email: 'b@example.com' }] },
      {},
      'not-found',
    ],
    ['a user who is gone meanwhile', { users: [] }, {}, 'not-found'],
    ['a member', { found: [member(null)] }, {}, 'already-member'],
    ['an unproven address', { users: [{ ...BOB, emailVerified: false }] }, {}, 'address-unproven'],
    ['anybody, by a member', { role: 'member' }, {}, 'forbidden'],
    ['an owner, by an admin of the team', { role: 'admin' }, { role: 'owner' }, 'forbidden'],
  ])('refuses %s', async (_who, given, facts, code) => {
    const { journal, invite } = serviceOf(given);
    expect((await refusalOf(invite(facts))).code).toBe(code);
    expectNothingDone(journal);
  });

  it('R72 takes an unproven address where the caller knows that', async () => {
    const { invite } = serviceOf({ users: [{ ...BOB, emailVerified: false }] });
    await expect(invite({ allowUnproven: true })).resolves.toMatchObject({ user: { id: 'bob' } });
  });

  it('checks the right of the caller before it repeats an answer', async () => {
    const { journal, invite } = serviceOf({ role: 'member', idempotency: repeated({ user: {} }) });
    expect((await refusalOf(invite())).code).toBe('forbidden');
    expectNothingDone(journal);
  });

  it('writes nothing when it repeats an answer', async () => {
    const { journal, invite } = serviceOf({ idempotency: repeated({ role: 'admin' }) });
    expect(await invite()).toEqual({ role: 'admin' });
    expect(journal.acts).toEqual(['users.findIdByEmail', 'BEGIN', 'tx access.lock', 'COMMIT']);
  });
});

describe('TeamMembersService.remove', () => {
  it('ends a membership and records what it was', async () => {
    const { journal, remove } = serviceOf({ role: 'admin', found: [member(null)] });
    await remove();
    expect(journal.acts.slice(-3)).toEqual(['tx members.delete', 'tx audit team.member.removed', 'COMMIT']);
    expect(journal.events).toMatchObject([{ team_id: 't', user_id: 'bob', role: 'member' }]);
  });

  it('lets everybody leave', async () => {
    const { journal, remove } = serviceOf({ role: 'member', found: [member('member')] });
    await remove('ada');
    expect(journal.given('members.delete')).toEqual([['t', 'ada']]);
  });

  it('lets an owner leave, unless the database keeps the last one', async () => {
    const { remove } = serviceOf({ found: [member('owner')] });
    await expect(remove('ada')).resolves.toBeUndefined();
    const last = serviceOf({ found: [member('owner')], members: { delete: refuses('last-owner') } });
    expect((await refusalOf(last.remove('ada'))).code).toBe('last-owner');
    expect(last.journal.events).toEqual([]);
  });

  it.each<[string, Given, string]>([
    ['another member, by a member', { role: 'member', found: [member(null)] }, 'forbidden'],
    ['an owner, by an admin of the team', { role: 'admin', found: [member('owner')] }, 'forbidden'],
    ['who is no member', { found: [undefined] }, 'not-found'],
  ])('refuses to remove %s', async (_who, given, code) => {
    const { journal, remove } = serviceOf(given);
    expect((await refusalOf(remove())).code).toBe(code);
    expectNothingDone(journal);
  });
});
