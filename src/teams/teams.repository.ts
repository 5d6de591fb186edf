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
  async insertMembership(
    userId: string,
    teamId: string,
    manager: EntityManager,
    role: string | null = null,
  ): Promise<void> {
    await manager
      .createQueryBuilder()
      .insert()
      .into(TeamMembership)
      .values({ userId, teamId, role })
      .orIgnore()
      .execute();
  }

  /** Makes the memberships that come from a provider those of the teams given, and leaves every other one alone. */
  async replaceOfProvider(
    userId: string,
    issuer: string,
    externalRefs: readonly string[],
    manager: EntityManager,
  ): Promise<void> {
    const parameters = [userId, issuer, externalRefs];
    await manager.query(
      `DELETE FROM team_memberships m USING teams t
       WHERE m.user_id = $1 AND m.provider_issuer = $2 AND t.id = m.team_id
         AND coalesce(t.external_ref = ANY ($3), false) IS FALSE`,
      parameters,
    );
    await manager.query(
      `INSERT INTO team_memberships (user_id, team_id, provider_issuer)
       SELECT $1, id, $2 FROM teams WHERE external_ref = ANY ($3)
       ON CONFLICT (user_id, team_id) DO NOTHING`,
      parameters,
    );
  }
}
