import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { permissionsOf, type Principal } from '../security/principal';
import { AuthorityService, type Authority } from '../users/authority.service';
import { TeamAdministrationRepository } from './team-administration.repository';
import type { TeamRole } from './team-membership.entity';
import type { Team } from './team.entity';

/** What a caller may do in one team, for as long as the transaction lasts. */
export class TeamAccess {
  constructor(
    readonly team: Team,
    readonly authority: Authority,
    /** Of the caller; undefined: no member. */
    private readonly role: TeamRole | undefined,
  ) {}

  /** Whether the caller administers all teams. */
  get isAdmin(): boolean {
    return this.authority.may('teams:write');
  }

  /** Refuses with `forbidden` everyone but administrators of the platform. */
  requireAdmin(): void {
    this.authority.require('teams:write');
  }

  /** Refuses with `forbidden` everyone but owners and admins of the team, and administrators of the platform. */
  requireTeamAdmin(): void {
    if (!this.isAdmin && this.role !== 'owner' && this.role !== 'admin') refuse('no admin of the team');
  }

  /** Refuses with `forbidden` who may make no owner, nor take one away. */
  requireOwner(): void {
    if (this.isAdmin || this.role === 'owner') return;
    refuse('no owner of the team', 'Only owners of the team and administrators make or unmake owners.');
  }
}

/** Decides who may do what in a team. */
@Injectable()
export class TeamAccessService {
  constructor(
    private readonly authority: AuthorityService,
    private readonly teams: TeamAdministrationRepository,
  ) {}

  /** A team for a caller who reads it; refuses those who are no members. */
  async read(id: string, principal: Principal): Promise<Team> {
    const isAdmin = mayAdminister(principal);
    const team = visible(await this.teams.find(id), isAdmin);
    const isMember = principal.kind === 'user' && principal.identity.teams.some((own) => own.id === id);
    if (!isAdmin && !isMember) refuse('no member of the team');
    return team;
  }

  /**
   * Locks the caller, the users acted on and the team, in this order: changes of one team come one after the other, and
   * what the caller was at the moment of theirs decides (R56).
   */
  async lock(
    id: string,
    principal: Principal,
    manager: EntityManager,
    userIds: readonly string[] = [],
  ): Promise<TeamAccess> {
    const authority = await this.authority.lock(principal, manager, userIds);
    const team = visible(await this.teams.lock(id, manager), authority.may('teams:write'));
    const role =
      principal.kind === 'user' ? await this.teams.lockRole(id, principal.identity.id, manager) : undefined;
    return new TeamAccess(team, authority, role);
  }
}

/** Whether a caller administers all teams, by what authentication has read. */
export function mayAdminister(principal: Principal): boolean {
  return permissionsOf(principal).includes('teams:write');
}

/** Inactive teams are there for administrators only. */
function visible(team: Team | null, isAdmin: boolean): Team {
  if (!team || (!team.isActive && !isAdmin)) {
    throw new AppError('not-found', { detail: 'There is no such team.' });
  }
  return team;
}

function refuse(reason: string, detail?: string): never {
  throw new AppError('forbidden', { reason, ...(detail !== undefined && { detail }) });
}
