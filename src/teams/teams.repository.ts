import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../database/database';
import { TeamMembership } from './team-membership.entity';
import { Team } from './team.entity';

/** The statements on `teams` and `team_memberships`. */
@Injectable()
export class TeamsRepository {
  constructor(private readonly database: Database) {}

  /** All active teams, ordered by name. */
  findActive(): Promise<Team[]> {
    return this.database.read((manager) =>
      manager.find(Team, { where: { isActive: true }, order: { name: 'ASC' } }),
    );
  }

  findIdByName(name: string, manager: EntityManager): Promise<string | undefined> {
    return manager.findOne(Team, { where: { name }, select: { id: true } }).then((team) => team?.id);
  }

  /** Makes the membership unless it is there. */
  async insertMembership(userId: string, teamId: string, manager: EntityManager): Promise<void> {
    await manager
      .createQueryBuilder()
      .insert()
      .into(TeamMembership)
      .values({ userId, teamId })
      .orIgnore()
      .execute();
  }
}
