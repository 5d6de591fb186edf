import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import { permissionsOf, type Principal } from '../security/principal';
import { AuthorityService, type Authority } from '../users/authority.service';
import { DomainAdministrationRepository } from './domain-administration.repository';
import type { Domain } from './domain.entity';

/** Which domain is locked, for whom. */
export interface DomainLock {
  readonly id: string;
  readonly principal: Principal;
  /** Users acted on. */
  readonly userIds?: readonly string[];
  /** Whether the tree is to be changed. */
  readonly withTree?: boolean;
}

/** A locked domain, and the authority of an administrator over it. */
export interface LockedDomain {
  readonly domain: Domain;
  readonly authority: Authority;
}

/** Decides who sees and who changes a domain. */
@Injectable()
export class DomainAccessService {
  constructor(
    private readonly authority: AuthorityService,
    private readonly domains: DomainAdministrationRepository,
  ) {}

  /** A domain for a caller who reads it: an active one for everybody. */
  async read(id: string, principal: Principal): Promise<Domain> {
    return visible(await this.domains.find(id), mayAdminister(principal));
  }

  /** The same for what only administrators read; others are refused with `forbidden`. */
  async readAsAdmin(id: string, principal: Principal): Promise<Domain> {
    const domain = await this.read(id, principal);
    if (!mayAdminister(principal)) throw new AppError('forbidden', { reason: 'lacks domains:write' });
    return domain;
  }

  /** Locks the caller, the users acted on, the tree and the domain, in this order; refuses all but administrators (R56). */
  async lock(
    { id, principal, userIds = [], withTree = false }: DomainLock,
    manager: EntityManager,
  ): Promise<LockedDomain> {
    const authority = await this.authority.lock(principal, manager, userIds);
    const isAdmin = authority.may('domains:write');
    if (withTree && isAdmin) await this.domains.lockTree(manager);
    const domain = visible(await this.domains.lock(id, manager), isAdmin);
    authority.require('domains:write');
    return { domain, authority };
  }
}

/** Whether a caller administers all domains, by what authentication has read. */
export function mayAdminister(principal: Principal): boolean {
  return permissionsOf(principal).includes('domains:write');
}

/** Inactive domains are there for administrators only. */
function visible(domain: Domain | null, isAdmin: boolean): Domain {
  if (!domain || (!domain.isActive && !isAdmin)) {
    throw new AppError('not-found', { detail: 'There is no such domain.' });
  }
  return domain;
}
