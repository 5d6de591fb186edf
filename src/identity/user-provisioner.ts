import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainsService } from '../domains/domains.service';
import { CredentialEndingsService } from '../service-accounts/credential-endings.service';
import type { EndedMembership } from '../teams/teams.repository';
import { TeamsService } from '../teams/teams.service';
import type { NewUser } from '../users/users.repository';
import { UsersService } from '../users/users.service';

/** The rights taken from a user: the administrator role, teams with roles, and ids of domains. */
export interface EndedRights {
  readonly wasAdmin: boolean;
  readonly teams: readonly EndedMembership[];
  readonly domains: readonly string[];
}

/** Creates users in the default team and domain. */
@Injectable()
export class UserProvisioner {
  constructor(
    private readonly users: UsersService,
    private readonly teams: TeamsService,
    private readonly domains: DomainsService,
    private readonly credentials: CredentialEndingsService,
  ) {}

  /**
   * Answers the id of the new user, or undefined when the address is taken; the unique constraint lets one of several
   * concurrent calls succeed. Runs in the caller's transaction.
   */
  async provision(user: NewUser, manager: EntityManager): Promise<string | undefined> {
    const id = await this.users.createIfAbsent(user, manager);
    if (id === undefined) return undefined;
    await this.teams.joinDefault(id, manager);
    await this.domains.assignDefault(id, manager);
    return id;
  }

  /** Whether nobody else may have a normalised address now. */
  isAddressTaken(email: string, manager: EntityManager): Promise<boolean> {
    return this.users.isAddressTaken(email, manager);
  }

  /**
   * Removes the platform role, all memberships and all assignments of a user, and gives those of a new user; revokes the keys of
   * the service accounts that the user owns. Runs in the caller's transaction.
   */
  async resetRights(userId: string, manager: EntityManager): Promise<EndedRights> {
    await this.credentials.revokeOwned(userId, manager);
    return {
      wasAdmin: await this.users.removeAdminRole(userId, manager),
      teams: await this.teams.leaveAllButDefault(userId, manager),
      domains: await this.domains.unassignAllButDefault(userId, manager),
    };
  }
}
