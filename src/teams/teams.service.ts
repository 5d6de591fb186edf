import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { TeamRole } from './team-membership.entity';
import type { Team } from './team.entity';
import { TeamsRepository, type EndedMembership } from './teams.repository';

/** Teams and who is in them. */
@Injectable()
export class TeamsService {
  private readonly logger = new Logger('Teams');

  constructor(private readonly teams: TeamsRepository) {}

  /** All active teams, ordered by name. */
  listActive(): Promise<Team[]> {
    return this.teams.findActive();
  }

  /**
   * Puts a user into the default team and answers its id; without one (an operator wants none) warns and goes on.
   */
  async joinDefault(userId: string, manager: EntityManager): Promise<string | undefined> {
    const teamId = await this.teams.findDefaultId(manager);
    if (teamId === undefined) {
      this.logger.warn({ msg: 'there is no default team', user_id: userId });
    } else {
      await this.teams.insertMembership(userId, teamId, manager);
    }
    return teamId;
  }

  /** Puts a user into the team of this name; answers false when there is none. */
  async join(
    userId: string,
    teamName: string,
    role: TeamRole | null,
    manager: EntityManager,
  ): Promise<boolean> {
    const teamId = await this.teams.findIdByName(teamName, manager);
    if (teamId !== undefined) await this.teams.insertMembership(userId, teamId, manager, role);
    return teamId !== undefined;
  }

  /** Leaves a user in the default team, without a role, and nowhere else; answers what has ended by that. */
  async leaveAllButDefault(userId: string, manager: EntityManager): Promise<EndedMembership[]> {
    const removed = await this.teams.deleteMembershipsOf(userId, manager);
    const defaultId = await this.joinDefault(userId, manager);
    return removed.filter(({ id, role }) => id !== defaultId || role !== null);
  }

  /** Lets a person's memberships that come from a provider be those of the teams with these external references. */
  followProvider(
    userId: string,
    issuer: string,
    externalRefs: readonly string[],
    manager: EntityManager,
  ): Promise<void> {
    return this.teams.replaceOfProvider(userId, issuer, externalRefs, manager);
  }
}
