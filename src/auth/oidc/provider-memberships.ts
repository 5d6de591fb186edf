import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DomainsService } from '../../domains/domains.service';
import { TeamsService } from '../../teams/teams.service';
import type { ProviderPerson } from './provider-person';

/** Lets the teams and domains that come from a provider be what it says now; those given by hand stay. */
@Injectable()
export class ProviderMemberships {
  constructor(
    private readonly teams: TeamsService,
    private readonly domains: DomainsService,
  ) {}

  async follow(userId: string, person: ProviderPerson, manager: EntityManager): Promise<void> {
    const { issuer, teamRefs, domainKeys } = person;
    if (teamRefs) await this.teams.followProvider(userId, issuer, teamRefs, manager);
    if (domainKeys) await this.domains.followProvider(userId, issuer, domainKeys, manager);
  }
}
