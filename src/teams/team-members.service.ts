import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import type { Position } from '../common/cursor';
import { AppError } from '../common/errors/app-error';
import { Database } from '../database/database';
import type { Positioned } from '../http/page';
import type { Precondition } from '../http/entity-tag';
import { IdempotencyService } from '../idempotency/idempotency.service';
import type { IdempotentRequest } from '../idempotency/idempotent-request';
import type { Principal } from '../security/principal';
import { UsersService } from '../users/users.service';
import { MemberResponse, toMemberResponse } from './dto/member-response.dto';
import { TeamAccessService } from './team-access.service';
import { MEMBER_ADDED, MEMBER_REMOVED, MEMBER_UPDATED } from './team-events';
import { TeamMembersRepository, type Member } from './team-members.repository';
import type { TeamRole } from './team-membership.entity';

/** A membership to be, of the user with an address. */
export interface Invitation {
  /** Normalised. */
  readonly email: string;
  readonly role: TeamRole | undefined;
  /** Whether nobody needs to have proven that the address is theirs. */
  readonly allowUnproven: boolean;
  /** Where it may be repeated. */
  readonly request: IdempotentRequest | undefined;
}

/** A user's place in a team to be; without a role that stays as it is. */
export interface Place {
  readonly teamId: string;
  readonly userId: string;
  readonly role: TeamRole | undefined;
}

/** A member, and whether the user was none before. */
export interface PutMember {
  readonly member: Member;
  readonly isNew: boolean;
}

/** Who is in a team, and as what. What is given here is given by hand: no provider takes it back (R85). */
@Injectable()
export class TeamMembersService {
  constructor(
    private readonly database: Database,
    private readonly access: TeamAccessService,
    private readonly members: TeamMembersRepository,
    private readonly users: UsersService,
    private readonly idempotency: IdempotencyService,
    private readonly audit: Audit,
  ) {}

  /** The members behind a position, for those who are in the team; one more than `limit` when there are as many. */
  async list(
    teamId: string,
    after: Position | undefined,
    limit: number,
    principal: Principal,
  ): Promise<Positioned<Member>[]> {
    await this.access.read(teamId, principal);
    return this.members.findPage(teamId, after, limit);
  }

  /** Makes a user a member, or gives a member another role. */
  put({ teamId, userId, role }: Place, precondition: Precondition, principal: Principal): Promise<PutMember> {
    return this.database.transaction(async (manager) => {
      const access = await this.access.lock(teamId, principal, manager, [userId]);
      access.requireTeamAdmin();
      if (!access.authority.user(userId)) throw noSuchUser();
      const before = await this.members.find(teamId, userId, manager);
      if (role !== undefined && role !== before?.role && [role, before?.role].includes('owner')) {
        access.requireOwner();
      }
      precondition.check(before && toMemberResponse(before));
      return this.write({ teamId, userId, role, isNew: before === undefined }, manager);
    });
  }

  /** Makes the user with an address a member. */
  async invite(
    teamId: string,
    { email, role, allowUnproven, request }: Invitation,
    principal: Principal,
  ): Promise<MemberResponse> {
    const userId = await this.users.findIdByEmail(email);
    return this.database.transaction(async (manager) => {
      const access = await this.access.lock(teamId, principal, manager, userId === undefined ? [] : [userId]);
      access.requireTeamAdmin();
      if (role === 'owner') access.requireOwner();
      const invite = async () => {
        const user = userId === undefined ? undefined : access.authority.user(userId);
        if (user?.email !== email) throw new AppError('not-found', { detail: 'Nobody has this address.' });
        if (await this.members.find(teamId, user.id, manager)) throw new AppError('already-member');
        if (!user.emailVerified && !allowUnproven) throw new AppError('address-unproven');
        const { member } = await this.write({ teamId, userId: user.id, role, isNew: true }, manager);
        return toMemberResponse(member);
      };
      return this.idempotency.once(request, manager, invite, (body) => body);
    });
  }

  /** Ends a membership, whoever gave it; everyone may end their own. */
  async remove(
    { teamId, userId }: Omit<Place, 'role'>,
    precondition: Precondition,
    principal: Principal,
  ): Promise<void> {
    await this.database.transaction(async (manager) => {
      const access = await this.access.lock(teamId, principal, manager, [userId]);
      const isOwn = principal.kind === 'user' && principal.identity.id === userId;
      if (!isOwn) access.requireTeamAdmin();
      const member = await this.members.find(teamId, userId, manager);
      if (!member) throw new AppError('not-found', { detail: 'The user is not a member of this team.' });
      if (member.role === 'owner') access.requireOwner();
      precondition.check(toMemberResponse(member));
      await this.members.delete(teamId, userId, manager);
      const facts = { team_id: teamId, user_id: userId, role: member.role ?? 'member' };
      await this.audit.record(MEMBER_REMOVED, facts, manager);
    });
  }

  private async write(
    { teamId, userId, role, isNew }: Place & { readonly isNew: boolean },
    manager: EntityManager,
  ): Promise<PutMember> {
    await this.members.upsert(teamId, userId, role, manager);
    const member = await this.members.find(teamId, userId, manager);
    if (!member) throw noSuchUser();
    const facts = { team_id: teamId, user_id: userId, role: member.role ?? 'member' };
    await this.audit.record(isNew ? MEMBER_ADDED : MEMBER_UPDATED, facts, manager);
    return { member, isNew };
  }
}

function noSuchUser(): AppError {
  return new AppError('not-found', { detail: 'There is no such user.' });
}
