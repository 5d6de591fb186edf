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
import type { TeamRole } from './team-membership.entity';

/** A user in a team. */
export interface Member {
  readonly user: MemberUser;
  /** Null reads as `member`. */
  readonly role: TeamRole | null;
  readonly joinedAt: Date | null;
}

type MemberRow = MemberUserRow & {
  readonly role: TeamRole | null;
  readonly joined_at: Date | null;
  readonly sort_key: string;
};

/** Oldest first; the user id tells those of one moment apart. Neither changes while the membership stands. */
const JOINED = `coalesce(m.joined_at, '-infinity')`;
/** In microseconds: a JavaScript Date would lose them. */
const SORT_KEY = `coalesce((extract(epoch FROM m.joined_at) * 1000000)::bigint, -1)`;
const AFTER = `CASE WHEN $3::bigint < 0 THEN '-infinity' ELSE 'epoch'::timestamptz + $3::bigint * interval '1 microsecond' END`;
const MEMBERS = `
  SELECT ${MEMBER_USER_COLUMNS}, m.role, m.joined_at, ${SORT_KEY}::text AS sort_key
  FROM team_memberships m JOIN users u ON u.id = m.user_id WHERE m.team_id = $1`;

/** The statements on the members of a team. */
@Injectable()
export class TeamMembersRepository {
  constructor(private readonly database: Database) {}

  async find(teamId: string, userId: string, manager: EntityManager): Promise<Member | undefined> {
    const [row] = await manager.query<MemberRow[]>(`${MEMBERS} AND m.user_id = $2`, [teamId, userId]);
    return row && parseMember(row);
  }

  /** One more than `limit` of the members behind a position, when there are as many. */
  findPage(teamId: string, after: Position | undefined, limit: number): Promise<Positioned<Member>[]> {
    const values = [teamId, limit + 1, ...(after ? [after.key, after.id] : [])];
    const behind = after ? `AND (${JOINED}, m.user_id) > (${AFTER}, $4::uuid)` : '';
    return this.database.read(async (manager) => {
      const rows = await manager.query<MemberRow[]>(
        `${MEMBERS} ${behind} ORDER BY ${JOINED}, m.user_id LIMIT $2`,
        values,
      );
      return rows.map((row) => ({ row: parseMember(row), position: { key: row.sort_key, id: row.id } }));
    });
  }

  /** Makes the membership, or gives one that a provider gives by hand too; without a role that stays as it is. */
  async upsert(
    teamId: string,
    userId: string,
    role: TeamRole | undefined,
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(
      `INSERT INTO team_memberships AS m (team_id, user_id, role) VALUES ($1, $2, $3)
       ON CONFLICT (user_id, team_id) DO UPDATE SET given_by_hand = true, role = coalesce(EXCLUDED.role, m.role)`,
      [teamId, userId, role],
    );
  }

  /** Ends the membership, whoever gave it; a provider gives its own again with its next token. */
  async delete(teamId: string, userId: string, manager: EntityManager): Promise<void> {
    // A DELETE alone would leave to providers what they give too.
    await manager.query(
      `UPDATE team_memberships SET given_by_hand = true, provider_issuers = '{}'
       WHERE team_id = $1 AND user_id = $2 AND provider_issuers <> '{}'`,
      [teamId, userId],
    );
    await manager.query('DELETE FROM team_memberships WHERE team_id = $1 AND user_id = $2', [teamId, userId]);
  }
}

function parseMember(row: MemberRow): Member {
  return { user: parseMemberUser(row), role: row.role, joinedAt: row.joined_at };
}
