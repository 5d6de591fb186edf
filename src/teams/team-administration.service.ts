import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { Database } from '../database/database';
import type { Precondition } from '../http/entity-tag';
import { IdempotencyService } from '../idempotency/idempotency.service';
import type { IdempotentRequest } from '../idempotency/idempotent-request';
import type { Principal } from '../security/principal';
import { AuthorityService } from '../users/authority.service';
import { TeamResponse, toTeamResponse } from './dto/team-response.dto';
import { TeamAccessService } from './team-access.service';
import { TeamAdministrationRepository, type TeamChanges } from './team-administration.repository';
import { TEAM_CREATED, TEAM_DELETED, TEAM_UPDATED } from './team-events';

/** A team to be. */
export interface NewTeam {
  readonly name: string;
  readonly externalRef: string | null;
}

/** Makes, changes and deletes teams. */
@Injectable()
export class TeamAdministrationService {
  constructor(
    private readonly database: Database,
    private readonly authority: AuthorityService,
    private readonly access: TeamAccessService,
    private readonly teams: TeamAdministrationRepository,
    private readonly idempotency: IdempotencyService,
    private readonly audit: Audit,
  ) {}

  /** Nobody is in the new team, whoever makes it. */
  create(
    { name, externalRef }: NewTeam,
    request: IdempotentRequest | undefined,
    principal: Principal,
  ): Promise<TeamResponse> {
    return this.database.transaction(async (manager) => {
      await this.authority.require(principal, 'teams:write', manager);
      const create = async () => {
        const team = await this.teams.insert(name, externalRef, manager);
        await this.audit.record(TEAM_CREATED, { team_id: team.id }, manager);
        return toTeamResponse(team, true);
      };
      return this.idempotency.once(request, manager, create, (body) => body);
    });
  }

  /** Owners and admins of a team change its name; everything else is left to administrators. */
  update(
    id: string,
    changes: TeamChanges,
    precondition: Precondition,
    principal: Principal,
  ): Promise<TeamResponse> {
    return this.database.transaction(async (manager) => {
      const access = await this.access.lock(id, principal, manager);
      if (isOfAdmins(changes)) access.requireAdmin();
      else access.requireTeamAdmin();
      precondition.check(toTeamResponse(access.team, access.isAdmin));
      if (changes.isDefault === false && access.team.isDefault) throw new AppError('default-in-use');
      const changed = Object.keys(changes).filter((name) => changes[name as keyof TeamChanges] !== undefined);
      const team = await this.teams.update(id, changes, manager);
      await this.audit.record(TEAM_UPDATED, { team_id: id, changed }, manager);
      return toTeamResponse(team, access.isAdmin);
    });
  }

  /** Its memberships end; the default team stays. */
  async delete(id: string, precondition: Precondition, principal: Principal): Promise<void> {
    await this.database.transaction(async (manager) => {
      const access = await this.access.lock(id, principal, manager);
      access.requireAdmin();
      precondition.check(toTeamResponse(access.team, true));
      await this.teams.delete(id, manager);
      await this.audit.record(TEAM_DELETED, { team_id: id }, manager);
    });
  }
}

function isOfAdmins({ externalRef, isActive, isDefault }: TeamChanges): boolean {
  return [externalRef, isActive, isDefault].some((value) => value !== undefined);
}
