import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { invalidInput } from '../common/errors/invalid-input';
import { Database } from '../database/database';
import type { Precondition } from '../http/entity-tag';
import { IdempotencyService } from '../idempotency/idempotency.service';
import type { IdempotentRequest } from '../idempotency/idempotent-request';
import type { Principal } from '../security/principal';
import { AuthorityService } from '../users/authority.service';
import { DomainAccessService } from './domain-access.service';
import {
  DomainAdministrationRepository,
  type DomainChanges,
  type NewDomain,
} from './domain-administration.repository';
import { DOMAIN_CREATED, DOMAIN_DELETED, DOMAIN_UPDATED } from './domain-events';
import { DomainResponse, toManagedDomainResponse } from './dto/domain-response.dto';

/** Makes, changes, moves and deletes domains. */
@Injectable()
export class DomainAdministrationService {
  constructor(
    private readonly database: Database,
    private readonly authority: AuthorityService,
    private readonly access: DomainAccessService,
    private readonly domains: DomainAdministrationRepository,
    private readonly idempotency: IdempotencyService,
    private readonly audit: Audit,
  ) {}

  create(
    domain: NewDomain,
    request: IdempotentRequest | undefined,
    principal: Principal,
  ): Promise<DomainResponse> {
    return this.database.transaction(async (manager) => {
      await this.authority.require(principal, 'domains:write', manager);
      const create = async () => {
        await this.domains.lockTree(manager);
        await this.requireParent(domain.parentDomainId, manager);
        const created = await this.domains.insert(domain, manager);
        await this.audit.record(DOMAIN_CREATED, { domain_id: created.id }, manager);
        return toManagedDomainResponse(created, true);
      };
      return this.idempotency.once(request, manager, create, (body) => body);
    });
  }

  /** A move takes along what is below the domain. */
  update(
    id: string,
    changes: DomainChanges,
    precondition: Precondition,
    principal: Principal,
  ): Promise<DomainResponse> {
    // What changes paths writes the rows of other domains too, and so does the flag of the default.
    const withTree = [changes.parentDomainId, changes.isActive, changes.isDefault].some(
      (to) => to !== undefined,
    );
    return this.database.transaction(async (manager) => {
      const { domain } = await this.access.lock({ id, principal, withTree }, manager);
      precondition.check(toManagedDomainResponse(domain, true));
      if (changes.isDefault === false && domain.isDefault) throw new AppError('default-in-use');
      await this.requireParent(changes.parentDomainId, manager);
      const changed = Object.keys(changes).filter(
        (name) => changes[name as keyof DomainChanges] !== undefined,
      );
      const updated = await this.domains.update(id, changes, manager);
      await this.audit.record(DOMAIN_UPDATED, { domain_id: id, changed }, manager);
      return toManagedDomainResponse(updated, true);
    });
  }

  /** Its assignments end. With domains below it, those move up or the domain stays. */
  async delete(
    id: string,
    children: 'refuse' | 'move-up',
    precondition: Precondition,
    principal: Principal,
  ): Promise<void> {
    await this.database.transaction(async (manager) => {
      const { domain } = await this.access.lock({ id, principal, withTree: true }, manager);
      precondition.check(toManagedDomainResponse(domain, true));
      if (children === 'refuse' && (await this.domains.hasChildren(id, manager)))
        throw new AppError('domain-has-children');
      const moved = children === 'move-up' ? await this.domains.moveChildrenUp(domain, manager) : 0;
      await this.domains.delete(id, manager);
      await this.audit.record(DOMAIN_DELETED, { domain_id: id, moved }, manager);
    });
  }

  private async requireParent(id: string | null | undefined, manager: EntityManager): Promise<void> {
    if (id === null || id === undefined || (await this.domains.keep(id, manager))) return;
    throw invalidInput([{ pointer: '#/parent_domain_id', detail: 'must be the id of a domain that exists' }]);
  }
}
