import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../database/database';
import { TeamMembership, type TeamRole } from './team-membership.entity';
import { Team } from './team.entity';

/** A membership that has ended. */
export interface EndedMembership {
  /** Of the team. */
  readonly id: string;
  readonly role: TeamRole | null;
}

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

  /** The id of the team of new users. */
  findDefaultId(manager: EntityManager): Promise<string | undefined> {
    return manager
      .findOne(Team, { where: { isDefault: true }, select: { id: true } })
      .then((team) => team?.id);
  }

  findIdByName(name: string, manager: EntityManager): Promise<string | undefined> {
    return manager.findOne(Team, { where: { name }, select: { id: true } }).then((team) => team?.id);
  }

  /** Makes the membership unless it is there. */
  async insertMembership(
    userId: string,
    teamId: string,
    manager: EntityManager,
    role: TeamRole | null = null,
  ): Promise<void> {
    await manager
      .createQueryBuilder()
      .insert()
      .into(TeamMembership)
      .values({ userId, teamId, role })
      .orIgnore()
      .execute();
  }

  /** Removes every membership of a user, whoever gave it; answers them. */
  async deleteMembershipsOf(userId: string, manager: EntityManager): Promise<EndedMembership[]> {
    // A DELETE alone would leave to providers what they give too.
    await manager.query(
      `UPDATE team_memberships SET given_by_hand = true, provider_issuers = '{}'
       WHERE user_id = $1 AND provider_issuers <> '{}'`,
      [userId],
    );
    const [removed] = await manager.query<[EndedMembership[], number]>(
      'DELETE FROM team_memberships WHERE user_id = $1 RETURNING team_id AS id, role',
      [userId],
    );
    return removed;
  }

  /**
   * Makes the memberships that a provider gives those of the teams named. What was given by hand, or by another provider, stays.
   */
  async replaceOfProvider(
    userId: string,
    issuer: string,
    externalRefs: readonly string[],
    manager: EntityManager,
  ): Promise<void> {
    const parameters = [userId, issuer, externalRefs];
    const isUnlisted = `m.user_id = $1 AND t.id = m.team_id AND coalesce(t.external_ref = ANY ($3), false) IS FALSE`;
    await manager.query(
      `UPDATE team_memberships m SET provider_issuers = array_remove(m.provider_issuers, $2) FROM teams t
       WHERE ${isUnlisted} AND $2 = ANY (m.provider_issuers)
         AND (m.given_by_hand OR cardinality(m.provider_issuers) > 1)`,
      parameters,
    );
    await manager.query(
      `DELETE FROM team_memberships m USING teams t
       WHERE ${isUnlisted} AND m.provider_issuers = ARRAY[$2] AND NOT m.given_by_hand`,
      parameters,
    );
    await manager.query(
      `INSERT INTO team_memberships AS m (user_id, team_id, given_by_hand, provider_issuers)
       SELECT $1, id, false, ARRAY[$2] FROM teams WHERE external_ref = ANY ($3)
       ON CONFLICT (user_id, team_id) DO UPDATE SET provider_issuers = array_append(m.provider_issuers, $2)
       WHERE $2 <> ALL (m.provider_issuers)`,
      parameters,
    );
  }
}
