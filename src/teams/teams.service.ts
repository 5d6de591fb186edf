import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DEFAULT_TEAM_NAME } from '../database/seed/seed-data';
import type { Team } from './team.entity';
import { TeamsRepository } from './teams.repository';

/** Teams and who is in them. */
@Injectable()
export class TeamsService {
  private readonly logger = new Logger('Teams');

  constructor(private readonly teams: TeamsRepository) {}

  /** All active teams, ordered by name. */
  listActive(): Promise<Team[]> {
    return this.teams.findActive();
  }

  /** Puts a person into the default team; without it (an operator removed or renamed it) warns and goes on. */
  async joinDefault(userId: string, manager: EntityManager): Promise<void> {
    const teamId = await this.teams.findIdByName(DEFAULT_TEAM_NAME, manager);
    if (teamId === undefined) {
      this.logger.warn({ msg: 'there is no default team', team: DEFAULT_TEAM_NAME, user_id: userId });
    } else {
      await this.teams.insertMembership(userId, teamId, manager);
    }
  }

  /** Puts a user into the team of this name; answers false when there is none. */
  async join(
    userId: string,
    teamName: string,
    role: string | null,
    manager: EntityManager,
  ): Promise<boolean> {
    const teamId = await this.teams.findIdByName(teamName, manager);
    if (teamId !== undefined) await this.teams.insertMembership(userId, teamId, manager, role);
    return teamId !== undefined;
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
