import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { SERVICE_KEYS_REVOKED } from './service-events';
import { ServiceKeysRepository } from './service-keys.repository';

/** The keys of the accounts that a user owns. */
@Injectable()
export class OwnedKeysService {
  constructor(
    private readonly keys: ServiceKeysRepository,
    private readonly audit: Audit,
  ) {}

  /** Revokes them, in the caller's transaction. Deletion and deactivation of the owner do it in the database. */
  async revokeAll(userId: string, manager: EntityManager): Promise<void> {
    for (const { accountId, count } of await this.keys.deleteOfOwner(userId, manager)) {
      await this.audit.record(SERVICE_KEYS_REVOKED, { service_id: accountId, count }, manager);
    }
  }
}
