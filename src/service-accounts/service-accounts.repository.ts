import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Position } from '../common/cursor';
import { Database } from '../database/database';
import type { Positioned } from '../http/page';
import type { Scope } from '../security/permissions';
import { ServiceAccount } from './service-account.entity';

/** What can be changed of a service account; what is undefined stays. */
export interface ServiceAccountChanges {
  readonly name?: string | undefined;
  readonly scopes?: Scope[] | undefined;
  readonly ownerId?: string | null | undefined;
}

/** Oldest first, in microseconds. */
export const SORT_KEY = `(extract(epoch FROM created_at) * 1000000)::bigint`;

interface PositionRow {
  readonly id: string;
  readonly sort_key: string;
}

/** The statements on `service_accounts`. */
@Injectable()
export class ServiceAccountsRepository {
  constructor(private readonly database: Database) {}

  find(id: string): Promise<ServiceAccount | null> {
    return this.database.read((manager) => manager.findOne(ServiceAccount, { where: { id } }));
  }

  /** The row stays locked until the transaction ends. */
  lock(id: string, manager: EntityManager): Promise<ServiceAccount | null> {
    return manager.findOne(ServiceAccount, { where: { id }, lock: { mode: 'for_no_key_update' } });
  }

  /** One more than `limit` of the accounts behind a position, when there are as many. */
  findPage(after: Position | undefined, limit: number): Promise<Positioned<ServiceAccount>[]> {
    return this.database.read(async (manager) => {
      const behind = after ? `WHERE (${SORT_KEY}, id) > ($2::bigint, $3::uuid)` : '';
      const rows = await manager.query<(PositionRow & AccountRow)[]>(
        `SELECT id, name, scopes, owner_id, created_at, ${SORT_KEY}::text AS sort_key
         FROM service_accounts ${behind} ORDER BY ${SORT_KEY}, id LIMIT $1`,
        [limit + 1, ...(after ? [after.key, after.id] : [])],
      );
      return rows.map((row) => ({ row: parseAccount(row), position: { key: row.sort_key, id: row.id } }));
    });
  }

  /** Answers the new account; the constraint decides whether its name is free. */
  async insert(
    account: Pick<ServiceAccount, 'name' | 'scopes' | 'ownerId'>,
    manager: EntityManager,
  ): Promise<ServiceAccount> {
    const { raw } = (await manager
      .createQueryBuilder()
      .insert()
      .into(ServiceAccount)
      .values(account)
      .returning('id')
      .execute()) as { raw: [{ id: string }] };
    return manager.findOneOrFail(ServiceAccount, { where: { id: raw[0].id } });
  }

  /** Answers the account as changed. */
  async update(id: string, changes: ServiceAccountChanges, manager: EntityManager): Promise<ServiceAccount> {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length > 0) await manager.update(ServiceAccount, { id }, given);
    return manager.findOneOrFail(ServiceAccount, { where: { id } });
  }

  /** Its keys go with it. */
  async delete(id: string, manager: EntityManager): Promise<void> {
    await manager.delete(ServiceAccount, { id });
  }
}

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly scopes: Scope[];
  readonly owner_id: string | null;
  readonly created_at: Date;
}

function parseAccount({ id, name, scopes, owner_id, created_at }: AccountRow): ServiceAccount {
  return { id, name, scopes, ownerId: owner_id, createdAt: created_at };
}
