import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainsService } from '../domains/domains.service';
import { TeamsService } from '../teams/teams.service';
import type { ProfileChanges } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import type { ProviderIdentity } from '../identity/provider-identities.reader';
import type { ExternalProfile } from '../identity/external-profile';
import { UserIdentitiesRepository } from './user-identities.repository';

/** Lets an account be what its provider says of the person. Runs in the caller's transaction. */
@Injectable()
export class ProfileSyncService {
  constructor(
    private readonly identities: UserIdentitiesRepository,
    private readonly users: UsersService,
    private readonly teams: TeamsService,
    private readonly domains: DomainsService,
  ) {}

  /** Name, picture, teams and domains, as far as the provider says something new. */
  async follow(known: ProviderIdentity, person: ExternalProfile, manager: EntityManager): Promise<void> {
    await this.followProfile(known.identity.id, known.profileChanges, manager);
    if (known.areMembershipsOutdated) await this.followGroups(known.identity.id, person, manager);
    await this.identities.updateClaims(person, manager);
  }

  /** What is given of the profile, if anything is. */
  async followProfile(userId: string, changes: ProfileChanges, manager: EntityManager): Promise<void> {
    if (Object.keys(changes).length > 0) await this.users.updateProfile(userId, changes, manager);
  }

  /** The teams and domains that come from the provider; those given by hand stay. */
  async followGroups(userId: string, person: ExternalProfile, manager: EntityManager): Promise<void> {
    const { issuer, teamRefs, domainKeys } = person;
    if (teamRefs) await this.teams.followProvider(userId, issuer, teamRefs, manager);
    if (domainKeys) await this.domains.followProvider(userId, issuer, domainKeys, manager);
  }
}
