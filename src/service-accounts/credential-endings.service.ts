import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import type { JsonObject } from '../common/json-object';
import { Database } from '../database/database';
import { ServiceTokens } from '../tokens/service-tokens';
import { EndedServiceTokensRepository } from './ended-service-tokens.repository';
import { SERVICE_KEYS_REVOKED, SERVICE_TOKEN_REVOKED } from './service-events';
import { ServiceKeysRepository } from './service-keys.repository';
import type { ServiceCredential } from './service-credentials.reader';

/** Ends credentials of services, not on behalf of an administrator: with their owner, or by whoever holds them. */
@Injectable()
export class CredentialEndingsService {
  constructor(
    private readonly database: Database,
    private readonly keys: ServiceKeysRepository,
    private readonly tokens: ServiceTokens,
    private readonly ended: EndedServiceTokensRepository,
    private readonly audit: Audit,
  ) {}

  /** Revokes the keys of the accounts that a user owns. Deletion and deactivation of the owner do it in the database. */
  async revokeOwned(userId: string, manager: EntityManager): Promise<void> {
    for (const { accountId, count } of await this.keys.deleteOfOwner(userId, manager)) {
      await this.audit.record(SERVICE_KEYS_REVOKED, { service_id: accountId, count }, manager);
    }
  }

  /** Revokes a key that its holder has sent; revoking it twice is no error. */
  async revokeKey({ accountId, keyId }: ServiceCredential): Promise<void> {
    await this.database.transaction(async (manager) => {
      if (!(await this.keys.delete(accountId, keyId, manager))) return;
      const facts = { service_id: accountId, key_id: keyId, count: 1, by_holder: true } as const;
      await this.audit.record(SERVICE_KEYS_REVOKED, facts, manager);
    });
  }

  /** Revokes a service token with a valid signature that its holder has sent, also an expired one. */
  async revokeToken(claims: JsonObject): Promise<void> {
    const { tokenId, accountId, expiresAt } = this.tokens.checkClaimsForRevocation(claims);
    await this.database.transaction(async (manager) => {
      if (!(await this.ended.insert(tokenId, expiresAt, manager))) return;
      await this.audit.record(SERVICE_TOKEN_REVOKED, { service_id: accountId }, manager);
    });
  }
}
