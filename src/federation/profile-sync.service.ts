import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainsService } from '../domains/domains.service';
import { TeamsService } from '../teams/teams.service';
import type { ProfileChanges } from '../users/users.repository';
import { UsersService } from '../users/users.service';
import type { ProviderIdentity } from '../identity/provider-identities.reader';
import type { ExternalProfile } from '../identity/external-profile';
import { UserIdentitiesRepository } from './user-identities.repository';

/** Updates users to what their provider says about them. Runs in the caller's transaction. */
@Injectable()
export class ProfileSyncService {
  constructor(
    private readonly identities: UserIdentitiesRepository,
    private readonly users: UsersService,
    private readonly teams: TeamsService,
    private readonly domains: DomainsService,
  ) {}

  /** Updates name, picture, teams and domains where the provider's claims have changed. */
  async sync(known: ProviderIdentity, profile: ExternalProfile, manager: EntityManager): Promise<void> {
    await this.syncProfile(known.identity.id, known.profileChanges, manager);
    if (known.areMembershipsOutdated) await this.syncMemberships(known.identity.id, profile, manager);
    await this.identities.updateClaims(profile, manager);
  }

  /** Updates the given members of the profile, if there are any. */
  async syncProfile(userId: string, changes: ProfileChanges, manager: EntityManager): Promise<void> {
    if (Object.keys(changes).length > 0) await this.users.updateProfile(userId, changes, manager);
  }

  /** Updates the memberships that come from the provider; those granted by administrators stay. */
  async syncMemberships(userId: string, profile: ExternalProfile, manager: EntityManager): Promise<void> {
    const { issuer, teamRefs, domainKeys } = profile;
    if (teamRefs) await this.teams.followProvider(userId, issuer, teamRefs, manager);
    if (domainKeys) await this.domains.followProvider(userId, issuer, domainKeys, manager);
  }
}
