import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainsService } from '../domains/domains.service';
import { TeamsService } from '../teams/teams.service';
import type { NewUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';

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
}
