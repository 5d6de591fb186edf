import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Position } from '../common/cursor';
import { Database } from '../database/database';
import type { Positioned } from '../http/page';
import {
  MEMBER_USER_COLUMNS,
  parseMemberUser,
  type MemberUser,
  type MemberUserRow,
} from '../users/member-user';

/** A user who is assigned to a domain. */
export interface AssignedUser {
  readonly user: MemberUser;
  readonly assignedAt: Date | null;
}

type AssignedUserRow = MemberUserRow & { readonly assigned_at: Date | null; readonly sort_key: string };

/** Oldest first; the user id tells those of one moment apart. Neither changes while the assignment stands. */
const ASSIGNED = `coalesce(a.assigned_at, '-infinity')`;
/** In microseconds: a JavaScript Date would lose them. */
const SORT_KEY = `coalesce((extract(epoch FROM a.assigned_at) * 1000000)::bigint, -1)`;
const AFTER = `CASE WHEN $3::bigint < 0 THEN '-infinity' ELSE 'epoch'::timestamptz + $3::bigint * interval '1 microsecond' END`;

/** The statements on the users of a domain. */
@Injectable()
export class DomainUsersRepository {
  constructor(private readonly database: Database) {}

  /** One more than `limit` of the users behind a position, when there are as many. */
  findPage(
    domainId: string,
    after: Position | undefined,
    limit: number,
  ): Promise<Positioned<AssignedUser>[]> {
    const values = [domainId, limit + 1, ...(after ? [after.key, after.id] : [])];
    const behind = after ? `AND (${ASSIGNED}, a.user_id) > (${AFTER}, $4::uuid)` : '';
    return this.database.read(async (manager) => {
      const rows = await manager.query<AssignedUserRow[]>(
        `SELECT ${MEMBER_USER_COLUMNS}, a.assigned_at, ${SORT_KEY}::text AS sort_key
         FROM user_domains a JOIN users u ON u.id = a.user_id WHERE a.domain_id = $1 ${behind}
         ORDER BY ${ASSIGNED}, a.user_id LIMIT $2`,
        values,
      );
      return rows.map((row) => ({
        row: { user: parseMemberUser(row), assignedAt: row.assigned_at },
        position: { key: row.sort_key, id: row.id },
      }));
    });
  }

  /** Makes the assignment, or gives one that a provider gives by hand too; answers whether there was none. */
  async upsert(domainId: string, userId: string, manager: EntityManager): Promise<boolean> {
    const before = await manager.query<unknown[]>(
      'SELECT FROM user_domains WHERE domain_id = $1 AND user_id = $2',
      [domainId, userId],
    );
    await manager.query(
      `INSERT INTO user_domains (domain_id, user_id) VALUES ($1, $2)
       ON CONFLICT (user_id, domain_id) DO UPDATE SET given_by_hand = true`,
      [domainId, userId],
    );
    return before.length === 0;
  }

  /** Ends the assignment, whoever gave it; answers whether there was one. */
  async delete(domainId: string, userId: string, manager: EntityManager): Promise<boolean> {
    // A DELETE alone would leave to providers what they give too.
    await manager.query(
      `UPDATE user_domains SET given_by_hand = true, provider_issuers = '{}'
       WHERE domain_id = $1 AND user_id = $2 AND provider_issuers <> '{}'`,
      [domainId, userId],
    );
    const [, count] = await manager.query<[unknown[], number]>(
      'DELETE FROM user_domains WHERE domain_id = $1 AND user_id = $2',
      [domainId, userId],
    );
    return count === 1;
  }
}
