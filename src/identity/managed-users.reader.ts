import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Positioned } from '../http/page';
import type { Position } from '../common/cursor';
import { Database } from '../database/database';
import type { IdentityContext, PlatformRole } from '../security/identity-context';
import { IDENTITY_COLUMNS, parseIdentityRow, type IdentityRow } from './identity-row';
import { FOLDED_NAME, searchCondition } from './user-search';

/** A user as administrators see them. */
export interface ManagedUser {
  readonly identity: IdentityContext;
  readonly hasPassword: boolean;
  readonly lastSignInAt: Date | null;
  readonly updatedAt: Date;
}

/** The orders of the list of users. */
export const USER_ORDERS = ['email', 'name', 'created_at', '-created_at'] as const;
export type UserOrder = (typeof USER_ORDERS)[number];

/** Which users, in which order, from where on; what is undefined does not matter. */
export interface UserListQuery {
  readonly search?: string | undefined;
  readonly teamId?: string | undefined;
  readonly domainId?: string | undefined;
  readonly role?: PlatformRole | undefined;
  readonly isActive?: boolean | undefined;
  readonly order: UserOrder;
  readonly after: Position | undefined;
  /** One more is read, to tell whether there are more. */
  readonly limit: number;
}

interface ManagedRow extends IdentityRow {
  readonly has_password: boolean;
  readonly last_sign_in_at: Date | null;
  readonly updated_at: Date;
}

const COLUMNS = `${IDENTITY_COLUMNS},
  u.password_hash IS NOT NULL AS has_password, u.last_sign_in_at, u.updated_at`;

/** What each order sorts by, how a position is written, and how it is read. Ties go by id. */
const ORDERS = {
  email: { by: 'u.email COLLATE "C"', written: 'u.email', read: '$1::text COLLATE "C"', descends: false },
  name: {
    by: FOLDED_NAME,
    written: FOLDED_NAME,
    read: '$1::text COLLATE "C"',
    descends: false,
  },
  created_at: timeOrder(false),
  '-created_at': timeOrder(true),
} as const satisfies Record<UserOrder, object>;

function timeOrder(descends: boolean) {
  const written = `to_char(u.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
  return { by: 'u.created_at', written, read: '$1::timestamptz', descends };
}

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
    const { by, written, read, descends } = ORDERS[query.order];
    const values: unknown[] = [query.after?.key ?? null, query.after?.id ?? null];
    const conditions = conditionsOf(query, (value) => `$${values.push(value)}`);
    if (query.after) conditions.push(`(${by}, u.id) ${descends ? '<' : '>'} (${read}, $2::uuid)`);
    else conditions.push('$1::text IS NULL AND $2::uuid IS NULL');
    const direction = descends ? 'DESC' : 'ASC';
    const order = `${by} ${direction}, u.id ${direction}`;
    // The lists of teams and domains are made for the rows of the page alone.
    const rows = await this.database.read((manager) =>
      manager.query<(ManagedRow & { readonly sort_key: string })[]>(
        `SELECT ${COLUMNS}, ${written} AS sort_key
         FROM (SELECT u.* FROM users u WHERE ${conditions.join(' AND ')} ORDER BY ${order} LIMIT ${query.limit + 1}) u
         ORDER BY ${order}`,
        values,
      ),
    );
    return rows.map((row) => ({ row: parseManagedRow(row), position: { key: row.sort_key, id: row.id } }));
  }
}

function conditionsOf(query: UserListQuery, bind: (value: unknown) => string): string[] {
  const { search, teamId, domainId, role, isActive } = query;
  return [
    search !== undefined && searchCondition(search, bind),
    teamId !== undefined &&
      `EXISTS (SELECT FROM team_memberships m WHERE m.user_id = u.id AND m.team_id = ${bind(teamId)})`,
    domainId !== undefined &&
      `EXISTS (SELECT FROM user_domains a WHERE a.user_id = u.id AND a.domain_id = ${bind(domainId)})`,
    role !== undefined && `u.role = ${bind(role)}`,
    isActive !== undefined && `u.is_active = ${bind(isActive)}`,
  ].filter((condition) => condition !== false);
}

function parseManagedRow(row: ManagedRow): ManagedUser {
  return {
    identity: parseIdentityRow(row),
    hasPassword: row.has_password,
    lastSignInAt: row.last_sign_in_at,
    updatedAt: row.updated_at,
  };
}
