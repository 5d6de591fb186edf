import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Positioned } from '../http/page';
import { Database } from '../database/database';
import type { IdentityContext } from '../security/identity-context';
import { IDENTITY_COLUMNS, parseIdentityRow, type IdentityRow } from './identity-row';
import { userListStatement, type UserListQuery } from './user-list-statement';

/** A user as administrators see them. */
export interface ManagedUser {
  readonly identity: IdentityContext;
  readonly hasPassword: boolean;
  readonly lastSignInAt: Date | null;
  readonly updatedAt: Date;
}

interface ManagedRow extends IdentityRow {
  readonly has_password: boolean;
  readonly last_sign_in_at: Date | null;
  readonly updated_at: Date;
}

const COLUMNS = `${IDENTITY_COLUMNS},
  u.password_hash IS NOT NULL AS has_password, u.last_sign_in_at, u.updated_at`;

/** Reads users as administrators see them. */
@Injectable()
export class ManagedUsersReader {
  constructor(private readonly database: Database) {}

  /** In the caller's transaction, where one is given; undefined when there is no such user. */
  async find(id: string, manager?: EntityManager): Promise<ManagedUser | undefined> {
    if (!manager) return this.database.read((own) => this.find(id, own));
    const [row] = await manager.query<ManagedRow[]>(`SELECT ${COLUMNS} FROM users u WHERE u.id = $1`, [id]);
    return row && parseManagedRow(row);
  }

  /** Rows that stay, and whose sort key does not change, are found exactly once from page to page. */
  async list(query: UserListQuery): Promise<Positioned<ManagedUser>[]> {
    const { users, order, sortKey, values } = userListStatement(query);
    // The lists of teams and domains are made for the rows of the page alone.
    const rows = await this.database.read((manager) =>
      manager.query<(ManagedRow & { readonly sort_key: string })[]>(
        `SELECT ${COLUMNS}, ${sortKey} AS sort_key FROM ${users} u ORDER BY ${order}`,
        [...values],
      ),
    );
    return rows.map((row) => ({ row: parseManagedRow(row), position: { key: row.sort_key, id: row.id } }));
  }
}

function parseManagedRow(row: ManagedRow): ManagedUser {
  return {
    identity: parseIdentityRow(row),
    hasPassword: row.has_password,
    lastSignInAt: row.last_sign_in_at,
    updatedAt: row.updated_at,
  };
}
