import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Position } from '../common/cursor';
import { Database, type PreparedStatement } from '../database/database';
import type { Positioned } from '../http/page';
import { SORT_KEY } from './service-accounts.repository';
import type { NewServiceKey } from './service-key';
import { ServiceKey } from './service-key.entity';

type StoredKey = Omit<ServiceKey, 'secretHash' | 'account'>;

interface KeyRow {
  readonly id: string;
  readonly account_id: string;
  readonly name: string | null;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly sort_key: string;
}

const KEYS = `SELECT id, account_id, name, created_at, expires_at, last_used_at, ${SORT_KEY}::text AS sort_key
  FROM service_keys WHERE account_id = $1`;

const USED: PreparedStatement = {
  name: 'service-keys-used',
  text: `UPDATE service_keys SET last_used_at = date_trunc('minute', now())
    WHERE id = ANY ($1) AND (last_used_at IS NULL OR last_used_at < date_trunc('minute', now()))`,
};

/** The statements on `service_keys`. */
@Injectable()
export class ServiceKeysRepository {
  constructor(private readonly database: Database) {}

  async find(accountId: string, id: string): Promise<StoredKey | undefined> {
    const [row] = await this.database.read((manager) =>
      manager.query<KeyRow[]>(`${KEYS} AND id = $2`, [accountId, id]),
    );
    return row && parseKey(row);
  }

  /** One more than `limit` of the account's keys behind a position, when there are as many. */
  findPage(accountId: string, after: Position | undefined, limit: number): Promise<Positioned<StoredKey>[]> {
    return this.database.read(async (manager) => {
      const behind = after ? `AND (${SORT_KEY}, id) > ($3::bigint, $4::uuid)` : '';
      const rows = await manager.query<KeyRow[]>(`${KEYS} ${behind} ORDER BY ${SORT_KEY}, id LIMIT $2`, [
        accountId,
        limit + 1,
        ...(after ? [after.key, after.id] : []),
      ]);
      return rows.map((row) => ({ row: parseKey(row), position: { key: row.sort_key, id: row.id } }));
    });
  }

  /** The database refuses it when the owner of the account is inactive. */
  async insert(
    { id, hash }: NewServiceKey,
    { accountId, name, expiresAt }: Pick<ServiceKey, 'accountId' | 'name' | 'expiresAt'>,
    manager: EntityManager,
  ): Promise<StoredKey> {
    await manager.insert(ServiceKey, { id, accountId, name, expiresAt, secretHash: hash });
    return manager.findOneOrFail(ServiceKey, { where: { id } });
  }

  /** Answers whether there was such a key. */
  async delete(accountId: string, id: string, manager: EntityManager): Promise<boolean> {
    const { affected } = await manager.delete(ServiceKey, { id, accountId });
    return affected === 1;
  }

  /** All keys of an account; answers how many. */
  async deleteAll(accountId: string, manager: EntityManager): Promise<number> {
    const { affected } = await manager.delete(ServiceKey, { accountId });
    return affected ?? 0;
  }

  /** All keys of the accounts that a user owns; answers how many of each account. */
  async deleteOfOwner(
    userId: string,
    manager: EntityManager,
  ): Promise<{ readonly accountId: string; readonly count: number }[]> {
    const [deleted] = await manager.query<[{ account_id: string }[], number]>(
      `DELETE FROM service_keys k USING service_accounts a
       WHERE a.id = k.account_id AND a.owner_id = $1 RETURNING k.account_id`,
      [userId],
    );
    const counts = new Map<string, number>();
    for (const { account_id: id } of deleted) counts.set(id, (counts.get(id) ?? 0) + 1);
    return [...counts].map(([accountId, count]) => ({ accountId, count }));
  }

  /** Writes the present minute as that of the last use, unless it stands there. */
  async updateLastUsed(ids: readonly string[]): Promise<void> {
    await this.database.statement(USED, [ids]);
  }
}

function parseKey(row: KeyRow): StoredKey {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
