import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database } from '../database/database';
import type { TeamRole } from './team-membership.entity';
import { Team } from './team.entity';

/** What can be changed of a team; what is undefined stays. */
export interface TeamChanges {
  readonly name?: string | undefined;
  readonly externalRef?: string | null | undefined;
  readonly isActive?: boolean | undefined;
  readonly isDefault?: boolean | undefined;
}

/** The statements on single teams, for those who administer them. */
@Injectable()
export class TeamAdministrationRepository {
  constructor(private readonly database: Database) {}

  find(id: string): Promise<Team | null> {
    return this.database.read((manager) => manager.findOne(Team, { where: { id } }));
  }

  /** The row stays locked until the transaction ends; whoever refers to it does not wait. */
  lock(id: string, manager: EntityManager): Promise<Team | null> {
    return manager.findOne(Team, { where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  /** What a user is in a team, kept so until the transaction ends; undefined: no member. */
  async lockRole(teamId: string, userId: string, manager: EntityManager): Promise<TeamRole | undefined> {
    const [row] = await manager.query<{ role: TeamRole | null }[]>(
      'SELECT role FROM team_memberships WHERE team_id = $1 AND user_id = $2 FOR SHARE',
      [teamId, userId],
    );
    return row && (row.role ?? 'member');
  }

  /** Answers the new team; the constraints decide whether its name and reference are free. */
  async insert(name: string, externalRef: string | null, manager: EntityManager): Promise<Team> {
    const { raw } = (await manager
      .createQueryBuilder()
      .insert()
      .into(Team)
      .values({ name, externalRef })
      .returning('id')
      .execute()) as { raw: [{ id: string }] };
    const [{ id }] = raw;
    return manager.findOneOrFail(Team, { where: { id } });
  }

  /** Answers the team as changed. */
  async update(id: string, changes: TeamChanges, manager: EntityManager): Promise<Team> {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length > 0) await manager.update(Team, { id }, given);
    return manager.findOneOrFail(Team, { where: { id } });
  }

  /** Its memberships go with it. */
  async delete(id: string, manager: EntityManager): Promise<void> {
    await manager.delete(Team, { id });
  }
}
