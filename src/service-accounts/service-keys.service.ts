import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import type { Position } from '../common/cursor';
import { AppError } from '../common/errors/app-error';
import { Database } from '../database/database';
import type { Positioned } from '../http/page';
import { IdempotencyService } from '../idempotency/idempotency.service';
import type { IdempotentRequest } from '../idempotency/idempotent-request';
import { Outbox } from '../mail/outbox.service';
import type { Principal } from '../security/principal';
import { toServiceKeyResponse, type NewServiceKeyResponse } from './dto/service-key-response.dto';
import { ServiceAccountsService, type LockedServiceAccount } from './service-accounts.service';
import { SERVICE_KEY_CREATED, SERVICE_KEYS_REVOKED, type RevokedKeysFacts } from './service-events';
import { createServiceKey } from './service-key';
import type { ServiceKey } from './service-key.entity';
import { ServiceKeysRepository } from './service-keys.repository';

/** A key to be. */
export interface KeyToCreate {
  readonly accountId: string;
  readonly name: string | null;
  /** Null: it does not expire. */
  readonly expiresAt: Date | null;
}

/** The keys of service accounts, for administrators. */
@Injectable()
export class ServiceKeysService {
  constructor(
    private readonly database: Database,
    private readonly accounts: ServiceAccountsService,
    private readonly keys: ServiceKeysRepository,
    private readonly idempotency: IdempotencyService,
    private readonly audit: Audit,
    private readonly outbox: Outbox,
  ) {}

  /** The keys behind a position; one more than `limit` when there are as many. */
  async list(
    accountId: string,
    after: Position | undefined,
    limit: number,
  ): Promise<Positioned<Omit<ServiceKey, 'secretHash'>>[]> {
    await this.accounts.get(accountId);
    return this.keys.findPage(accountId, after, limit);
  }

  async get(accountId: string, id: string): Promise<Omit<ServiceKey, 'secretHash'>> {
    const key = await this.keys.find(accountId, id);
    if (!key) throw noSuchKey();
    return key;
  }

  /**
   * The answer holds the key, here alone. Other keys of the account stay, so that a rotation can overlap. The owner is told by mail
   * (R93).
   */
  async create(
    key: KeyToCreate,
    request: IdempotentRequest | undefined,
    principal: Principal,
  ): Promise<NewServiceKeyResponse> {
    const { accountId } = key;
    const { ownerId } = await this.accounts.get(accountId);
    return this.database.transaction(async (manager) => {
      const users = ownerId === null ? [] : [ownerId];
      const locked = await this.accounts.lock(accountId, { principal, users }, manager);
      const create = async (): Promise<NewServiceKeyResponse> => {
        const made = createServiceKey();
        const stored = await this.keys.insert(made, key, manager);
        await this.audit.record(SERVICE_KEY_CREATED, { service_id: accountId, key_id: made.id }, manager);
        await this.tellOwner(locked, manager);
        return { ...toServiceKeyResponse(stored), secret: made.text };
      };
      return this.idempotency.once(request, manager, create, (body) => ({ ...body, secret: null }));
    });
  }

  /** Ends one key, and the tokens that were issued for it. */
  async revoke(accountId: string, id: string, principal: Principal): Promise<void> {
    await this.database.transaction(async (manager) => {
      await this.accounts.lock(accountId, { principal }, manager);
      if (!(await this.keys.delete(accountId, id, manager))) throw noSuchKey();
      const facts = { service_id: accountId, key_id: id, count: 1 };
      await this.audit.record<RevokedKeysFacts>(SERVICE_KEYS_REVOKED, facts, manager);
    });
  }

  /** Ends all keys of an account. */
  async revokeAll(accountId: string, principal: Principal): Promise<void> {
    await this.database.transaction(async (manager) => {
      await this.accounts.lock(accountId, { principal }, manager);
      const count = await this.keys.deleteAll(accountId, manager);
      if (count === 0) return;
      await this.audit.record(SERVICE_KEYS_REVOKED, { service_id: accountId, count }, manager);
    });
  }

  /** Nobody, when the account has none, or got one at this moment. */
  private async tellOwner(
    { account, authority }: LockedServiceAccount,
    manager: EntityManager,
  ): Promise<void> {
    const owner = account.ownerId === null ? undefined : authority.user(account.ownerId);
    if (!owner) return;
    const { id: userId, email: address } = owner;
    await this.outbox.notify('key-made', { userId, address }, manager, { change: account.name });
  }
}

function noSuchKey(): AppError {
  return new AppError('not-found', { detail: 'This service account has no key with this id.' });
}
