import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainsService } from '../domains/domains.service';
import type { EndedMembership } from '../teams/teams.repository';
import { TeamsService } from '../teams/teams.service';
import type { NewUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';

/** What a user had beyond what a new one has: the role of an administrator, teams with roles, and ids of domains. */
export interface EndedRights {
  readonly wasAdmin: boolean;
  readonly teams: readonly EndedMembership[];
  readonly domains: readonly string[];
}

/** Makes a user exist, in the default team and domain. */
@Injectable()
export class UserProvisioner {
  constructor(
    private readonly users: UsersService,
    private readonly teams: TeamsService,
    private readonly domains: DomainsService,
  ) {}

  /**
   * Answers the id of the new user, or undefined when the address is taken; of calls at the same time, the unique
   * constraint lets one win. Runs in the caller's transaction.
   */
  async provision(user: NewUser, manager: EntityManager): Promise<string | undefined> {
    const id = await this.users.createIfAbsent(user, manager);
    if (id === undefined) return undefined;
    await this.teams.joinDefault(id, manager);
    await this.domains.assignDefault(id, manager);
    return id;
  }

  /**
   * Takes the platform role and all memberships and assignments from a user, whoever gave them, and gives those of a new one.
   * Runs in the caller's transaction.
   */
  async resetRights(userId: string, manager: EntityManager): Promise<EndedRights> {
    return {
      wasAdmin: await this.users.removeAdminRole(userId, manager),
      teams: await this.teams.leaveAllButDefault(userId, manager),
      domains: await this.domains.unassignAllButDefault(userId, manager),
    };
  }
}
