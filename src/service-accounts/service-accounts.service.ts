import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import type { Position } from '../common/cursor';
import { AppError } from '../common/errors/app-error';
import { invalidInput } from '../common/errors/invalid-input';
import { Database } from '../database/database';
import type { Precondition } from '../http/entity-tag';
import type { Positioned } from '../http/page';
import { IdempotencyService } from '../idempotency/idempotency.service';
import type { IdempotentRequest } from '../idempotency/idempotent-request';
import type { Scope } from '../security/permissions';
import type { Principal } from '../security/principal';
import { AuthorityService, type Authority } from '../users/authority.service';
import { toServiceAccountResponse, type ServiceAccountResponse } from './dto/service-account-response.dto';
import type { ServiceAccount } from './service-account.entity';
import { ServiceAccountsRepository, type ServiceAccountChanges } from './service-accounts.repository';
import { SERVICE_ACCOUNT_CREATED, SERVICE_ACCOUNT_DELETED, SERVICE_ACCOUNT_UPDATED } from './service-events';

/** A service account, and who acts on it, in a transaction. */
export interface LockedServiceAccount {
  readonly account: ServiceAccount;
  readonly authority: Authority;
}

/** Makes, changes and deletes service accounts, for administrators. */
@Injectable()
export class ServiceAccountsService {
  constructor(
    private readonly database: Database,
    private readonly authority: AuthorityService,
    private readonly accounts: ServiceAccountsRepository,
    private readonly idempotency: IdempotencyService,
    private readonly audit: Audit,
  ) {}

  /** The accounts behind a position; one more than `limit` when there are as many. */
  list(after: Position | undefined, limit: number): Promise<Positioned<ServiceAccount>[]> {
    return this.accounts.findPage(after, limit);
  }

  async get(id: string): Promise<ServiceAccount> {
    return present(await this.accounts.find(id));
  }

  /** The caller owns the new account. */
  create(
    account: { readonly name: string; readonly scopes: Scope[] },
    request: IdempotentRequest | undefined,
    principal: Principal,
  ): Promise<ServiceAccountResponse> {
    return this.database.transaction(async (manager) => {
      await this.authority.require(principal, 'services:write', manager);
      const ownerId = principal.kind === 'user' ? principal.identity.id : null;
      const create = async () => {
        const created = await this.accounts.insert({ ...account, ownerId }, manager);
        const facts = { service_id: created.id, scopes: created.scopes };
        await this.audit.record(SERVICE_ACCOUNT_CREATED, facts, manager);
        return toServiceAccountResponse(created);
      };
      return this.idempotency.once(request, manager, create, (body) => body);
    });
  }

  /** A new owner has to be an active user. */
  update(
    id: string,
    changes: ServiceAccountChanges,
    precondition: Precondition,
    principal: Principal,
  ): Promise<ServiceAccountResponse> {
    const { ownerId, scopes } = changes;
    return this.database.transaction(async (manager) => {
      const users = typeof ownerId === 'string' ? [ownerId] : [];
      const { authority } = await this.lock(id, { principal, users, precondition }, manager);
      if (typeof ownerId === 'string' && authority.user(ownerId)?.isActive !== true) throw badOwner();
      const account = await this.accounts.update(id, changes, manager);
      const changed = Object.keys(changes).filter(
        (name) => changes[name as keyof ServiceAccountChanges] !== undefined,
      );
      const facts = {
        ...{ service_id: id, changed },
        ...(scopes && { scopes }),
        ...(ownerId !== undefined && { owner_id: ownerId }),
      };
      await this.audit.record(SERVICE_ACCOUNT_UPDATED, facts, manager);
      return toServiceAccountResponse(account);
    });
  }

  /** Its keys, and the tokens that were issued for them, end. */
  async delete(id: string, precondition: Precondition, principal: Principal): Promise<void> {
    await this.database.transaction(async (manager) => {
      await this.lock(id, { principal, precondition }, manager);
      await this.accounts.delete(id, manager);
      await this.audit.record(SERVICE_ACCOUNT_DELETED, { service_id: id }, manager);
    });
  }

  /** Locks an account and users for who may change accounts, until their transaction ends. */
  async lock(
    id: string,
    given: {
      readonly principal: Principal;
      readonly precondition?: Precondition;
      readonly users?: readonly string[];
    },
    manager: EntityManager,
  ): Promise<LockedServiceAccount> {
    const { principal, precondition, users = [] } = given;
    const authority = await this.authority.require(principal, 'services:write', manager, users);
    const account = present(await this.accounts.lock(id, manager));
    precondition?.check(toServiceAccountResponse(account));
    return { account, authority };
  }
}

/** The account, which has to be there. */
function present(account: ServiceAccount | null): ServiceAccount {
  if (!account) throw new AppError('not-found', { detail: 'There is no such service account.' });
  return account;
}

function badOwner(): AppError {
  return invalidInput([{ pointer: '#/owner_id', detail: 'must be the id of an active user, or null' }]);
}
