import { DataSource, type EntityManager } from 'typeorm';
import { operatorDataSourceOptions } from '../database/data-source-options';
import { isNotMigrated, isRetryable, translateDatabaseError } from '../database/postgres-errors';
import type { Scope } from '../security/permissions';
import { createServiceKey } from './service-key';

const MAX_ATTEMPTS = 3;
const NOT_MIGRATED =
  'the migrations of this version have not run: start the service, or npm run migration:run';
/** What the operator is told of a refusal by the database, by its error code. */
const REFUSALS: Readonly<Record<string, string>> = {
  'name-taken': 'there is a service account with this name',
  'owner-inactive': 'the owner of this service account is inactive: give it another owner first',
};

/** A service account as the command lists it. */
export interface ListedServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: Date;
  readonly keys: readonly ListedKey[];
}

/** A key, by its id alone. */
export interface ListedKey {
  readonly id: string;
  readonly name: string | null;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

/** A key that was made; `text` is shown once. */
export interface MadeKey {
  readonly accountId: string;
  readonly keyId: string;
  readonly text: string;
}

/** Makes service accounts and their keys on behalf of an operator. */
export class OperatorServiceAccounts {
  private readonly source: DataSource;

  constructor(databaseUrl: string) {
    this.source = new DataSource(operatorDataSourceOptions(databaseUrl));
  }

  async open(): Promise<void> {
    await this.source.initialize();
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }

  /** An account that nobody owns, with its first key. */
  create(name: string, scopes: readonly Scope[], expiresAt: Date | undefined): Promise<MadeKey> {
    return this.transaction(async (manager) => {
      const [account] = await manager.query<[{ id: string }]>(
        'INSERT INTO service_accounts (name, scopes) VALUES ($1, $2) RETURNING id',
        [name, scopes],
      );
      return insertKey(account.id, expiresAt, manager);
    });
  }

  /** All accounts with their keys, by name. */
  list(): Promise<ListedServiceAccount[]> {
    return this.transaction((manager) =>
      manager.query<ListedServiceAccount[]>(
        `SELECT a.id, a.name, a.scopes, a.created_at AS "createdAt", coalesce((
           SELECT json_agg(json_build_object('id', k.id, 'name', k.name, 'expires_at', k.expires_at,
             'last_used_at', k.last_used_at) ORDER BY k.created_at, k.id)
           FROM service_keys k WHERE k.account_id = a.id), '[]') AS keys
         FROM service_accounts a ORDER BY a.name COLLATE "C"`,
      ),
    );
  }

  /** A further key; undefined when there is no such account. */
  rotate(name: string, expiresAt: Date | undefined): Promise<MadeKey | undefined> {
    return this.transaction(async (manager) => {
      const id = await lockId(name, manager);
      return id === undefined ? undefined : insertKey(id, expiresAt, manager);
    });
  }

  /** Revokes all keys; undefined when there is no such account. */
  revoke(name: string): Promise<{ readonly accountId: string; readonly count: number } | undefined> {
    return this.transaction(async (manager) => {
      const id = await lockId(name, manager);
      if (id === undefined) return undefined;
      const [, count] = await manager.query<[unknown, number]>(
        'DELETE FROM service_keys WHERE account_id = $1',
        [id],
      );
      return { accountId: id, count };
    });
  }

  private async transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.source.transaction(work);
      } catch (error) {
        if (isNotMigrated(error)) throw new Error(NOT_MIGRATED, { cause: error });
        const refusal = REFUSALS[translateDatabaseError(error)?.code ?? ''];
        if (refusal !== undefined) throw new Error(refusal, { cause: error });
        if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }
}

async function lockId(name: string, manager: EntityManager): Promise<string | undefined> {
  const [row] = await manager.query<{ id: string }[]>(
    'SELECT id FROM service_accounts WHERE name = $1 FOR NO KEY UPDATE',
    [name],
  );
  return row?.id;
}

async function insertKey(
  accountId: string,
  expiresAt: Date | undefined,
  manager: EntityManager,
): Promise<MadeKey> {
  const { id, text, hash } = createServiceKey();
  await manager.query(
    'INSERT INTO service_keys (id, account_id, secret_hash, expires_at) VALUES ($1, $2, $3, $4)',
    [id, accountId, hash, expiresAt ?? null],
  );
  return { accountId, keyId: id, text };
}
