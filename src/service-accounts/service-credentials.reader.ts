import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import { onBehalfOf } from '../common/request-scope';
import { Database, type PreparedStatement } from '../database/database';
import type { Scope } from '../security/permissions';

/** Names a key, and the token that was issued for it, if one was sent. */
interface CredentialId {
  readonly keyId: string;
  readonly tokenId: string | null;
}

/** A key that is good, with its account. */
export interface ServiceCredential {
  readonly keyId: string;
  readonly secretHash: Buffer;
  readonly accountId: string;
  readonly accountName: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  /** Null: it does not expire. */
  readonly expiresAt: Date | null;
}

/** Maximum number of requests per statement. */
const MAX_BATCH = 64;

const SELECT: PreparedStatement = {
  name: 'service-credentials',
  text: `
    SELECT c.n, k.id, k.secret_hash, k.created_at, k.expires_at, a.id AS account_id, a.name, a.scopes
    FROM unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS c (key_id, token_id, n)
    JOIN service_keys k ON k.id = c.key_id AND (k.expires_at IS NULL OR k.expires_at > now())
    JOIN service_accounts a ON a.id = k.account_id
    LEFT JOIN users o ON o.id = a.owner_id
    WHERE o.is_active IS NOT FALSE
      AND NOT EXISTS (SELECT FROM ended_service_tokens e WHERE e.id = c.token_id)`,
};

const IS_ACCOUNT: PreparedStatement = {
  name: 'service-account-exists',
  text: `SELECT 1 AS found FROM service_accounts WHERE id = $1`,
};

interface Row {
  readonly n: string;
  readonly id: string;
  readonly secret_hash: Buffer;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly account_id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/**
 * Reads keys with their accounts. Requests that arrive in the same turn of the event loop share a statement; nothing is cached,
 * so that a key ends with the commit that ends it.
 */
@Injectable()
export class ServiceCredentialsReader {
  private readonly loader = new DataLoader<CredentialId, ServiceCredential | undefined>(
    (ids) => this.read(ids),
    {
      cache: false,
      maxBatchSize: MAX_BATCH,
      // A batch serves several requests, so the deadline of the first one must not apply to it.
      batchScheduleFn: (callback) => onBehalfOf(undefined, () => setImmediate(callback)),
    },
  );

  constructor(private readonly database: Database) {}

  /** Undefined when the key is unknown, revoked or expired, its owner inactive, or the token revoked. */
  find(keyId: string, tokenId: string | null = null): Promise<ServiceCredential | undefined> {
    return this.database.shared(() => this.loader.load({ keyId, tokenId }));
  }

  /** Whether there is an account with this id. */
  async isAccount(id: string): Promise<boolean> {
    const rows = await this.database.statement(IS_ACCOUNT, [id]);
    return rows.length > 0;
  }

  private async read(ids: readonly CredentialId[]): Promise<(ServiceCredential | undefined)[]> {
    const rows = await this.database.statement<Row>(SELECT, [
      ids.map(({ keyId }) => keyId),
      ids.map(({ tokenId }) => tokenId),
    ]);
    const found = new Array<ServiceCredential | undefined>(ids.length).fill(undefined);
    for (const row of rows) {
      found[Number(row.n) - 1] = {
        keyId: row.id,
        secretHash: row.secret_hash,
        accountId: row.account_id,
        accountName: row.name,
        scopes: row.scopes,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
      };
    }
    return found;
  }
}
