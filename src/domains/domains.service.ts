import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Domain } from './domain.entity';
import { DomainsRepository } from './domains.repository';

/** Business domains and who is assigned to them. */
@Injectable()
export class DomainsService {
  private readonly logger = new Logger('Domains');

  constructor(private readonly domains: DomainsRepository) {}

  /** All active domains, ordered by name. */
  listActive(): Promise<Domain[]> {
    return this.domains.findActive();
  }

  /** All domains, ordered by name. */
  listAll(): Promise<Domain[]> {
    return this.domains.findAll();
  }

  /**
   * Assigns a user to the default domain and answers its id; without one (an operator wants none) warns and goes on.
   */
  async assignDefault(userId: string, manager: EntityManager): Promise<string | undefined> {
    const domainId = await this.domains.findDefaultId(manager);
    if (domainId === undefined) {
      this.logger.warn({ msg: 'there is no default domain', user_id: userId });
    } else {
      await this.domains.insertAssignment(userId, domainId, manager);
    }
    return domainId;
  }

  /** Assigns a user to the domain of this key; answers false when there is none. */
  async assign(userId: string, key: string, manager: EntityManager): Promise<boolean> {
    const domainId = await this.domains.findIdByKey(key, manager);
    if (domainId !== undefined) await this.domains.insertAssignment(userId, domainId, manager);
    return domainId !== undefined;
  }

  /** Leaves a user assigned to the default domain and to no other; answers the ids of those that have ended. */
  async unassignAllButDefault(userId: string, manager: EntityManager): Promise<string[]> {
    const removed = await this.domains.deleteAssignmentsOf(userId, manager);
    const defaultId = await this.assignDefault(userId, manager);
    return removed.filter((id) => id !== defaultId);
  }

  /** Lets a person's assignments that come from a provider be those to the domains with these keys. */
  followProvider(
    userId: string,
    issuer: string,
    keys: readonly string[],
    manager: EntityManager,
  ): Promise<void> {
    return this.domains.replaceOfProvider(userId, issuer, keys, manager);
  }
}
