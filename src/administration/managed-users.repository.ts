import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database, type PreparedStatement } from '../database/database';
import type { PlatformRole } from '../security/identity-context';
import type { TeamRole } from '../teams/team-membership.entity';

/** What an administrator changes of a user; what is undefined stays. */
export interface ManagedChanges {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly avatarUrl?: string | null | undefined;
  readonly role?: PlatformRole | undefined;
  readonly isActive?: boolean | undefined;
}

/** A user as other users see them. */
export interface UserCard {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly avatar_url: string | null;
}

/** What is stored of a user besides what they are shown elsewhere. */
export interface StoredHistory {
  readonly identities: readonly object[];
  readonly sessions: readonly object[];
  readonly memberships: readonly object[];
  readonly assignments: readonly object[];
  readonly codes: readonly object[];
  readonly mails: readonly object[];
  readonly activation_expires_at: string | null;
}

const COLUMNS = {
  email: 'email',
  name: 'name',
  avatarUrl: 'avatar_url',
  role: 'role',
  isActive: 'is_active',
} as const;

const CARDS: PreparedStatement = {
  name: 'user-cards',
  text: `SELECT u.id, u.email, u.name, u.avatar_url FROM unnest($1::uuid[]) WITH ORDINALITY AS k (id, n)
    JOIN users u ON u.id = k.id ORDER BY k.n`,
};

const HISTORY: PreparedStatement = {
  name: 'stored-history',
  text: `SELECT
    coalesce((SELECT json_agg(json_build_object('issuer', issuer, 'subject', subject, 'subject_claim', subject_claim, 'name', name,
      'avatar_url', avatar_url, 'created_at', created_at) ORDER BY created_at) FROM user_identities WHERE user_id = $1), '[]') AS identities,
    coalesce((SELECT json_agg(json_build_object('id', id, 'created_at', created_at, 'expires_at', expires_at, 'ended_at', ended_at,
      'end_reason', end_reason, 'user_agent', user_agent, 'ip_address', ip_address, 'authentication_methods', authentication_methods)
      ORDER BY created_at) FROM sessions WHERE user_id = $1), '[]') AS sessions,
    coalesce((SELECT json_agg(json_build_object('team_id', team_id, 'role', role, 'joined_at', joined_at) ORDER BY joined_at)
      FROM team_memberships WHERE user_id = $1), '[]') AS memberships,
    coalesce((SELECT json_agg(json_build_object('domain_id', domain_id, 'assigned_at', assigned_at) ORDER BY assigned_at)
      FROM user_domains WHERE user_id = $1), '[]') AS assignments,
    coalesce((SELECT json_agg(json_build_object('purpose', purpose, 'address', address, 'created_at', created_at,
      'expires_at', expires_at) ORDER BY created_at) FROM verification_codes WHERE user_id = $1), '[]') AS codes,
    coalesce((SELECT json_agg(json_build_object('kind', kind, 'address', address, 'created_at', created_at, 'ended_at', ended_at,
      'outcome', outcome, 'facts', facts - 'password_hash') ORDER BY created_at) FROM mails WHERE user_id = $1), '[]') AS mails,
    (SELECT expires_at FROM verification_codes WHERE user_id = $1 AND purpose = 'activation') AS activation_expires_at`,
};

/** The statements of the administration of users. */
@Injectable()
export class ManagedUsersRepository {
  constructor(private readonly database: Database) {}

  /** Those of these users who exist, in the order given. */
  findCards(ids: readonly string[]): Promise<UserCard[]> {
    return this.database.statement<UserCard>(CARDS, [ids]);
  }

  async findHistory(id: string): Promise<StoredHistory> {
    const [row] = await this.database.statement<StoredHistory>(HISTORY, [id]);
    if (!row) throw new Error('the server answered nothing');
    return row;
  }

  /** The database decides on taken addresses, and on the last administrator and owner. */
  async update(id: string, changes: ManagedChanges, manager: EntityManager): Promise<void> {
    const given = Object.entries<unknown>({ ...changes }).filter(([, value]) => value !== undefined);
    if (given.length === 0) return;
    const set = given.map(([name], n) => `${COLUMNS[name as keyof ManagedChanges]} = $${n + 2}`).join(', ');
    await manager.query(`UPDATE users SET ${set} WHERE id = $1`, [id, ...given.map(([, value]) => value)]);
  }

  async updateInitial(
    id: string,
    { role, mustChangePassword }: { readonly role: PlatformRole; readonly mustChangePassword: boolean },
    manager: EntityManager,
  ): Promise<void> {
    await manager.query('UPDATE users SET role = $2, must_change_password = $3 WHERE id = $1', [
      id,
      role,
      mustChangePassword,
    ]);
  }

  /** Leaves a tombstone of each identity at a provider. */
  async delete(id: string, manager: EntityManager): Promise<void> {
    await manager.query(
      `INSERT INTO deleted_identities (identity_hash, user_id)
       SELECT hash_identity(issuer, subject), user_id FROM user_identities WHERE user_id = $1
       ON CONFLICT (identity_hash) DO UPDATE SET user_id = excluded.user_id, deleted_at = now()`,
      [id],
    );
    await manager.query('DELETE FROM users WHERE id = $1', [id]);
  }

  /** Answers whether there was one. */
  async deleteTombstone(id: string, manager: EntityManager): Promise<boolean> {
    const [, count] = await manager.query<[unknown, number]>(
      'DELETE FROM deleted_identities WHERE user_id = $1',
      [id],
    );
    return count > 0;
  }

  /** Answers which of these teams do not exist. */
  async insertMemberships(
    userId: string,
    teams: readonly { readonly id: string; readonly role: TeamRole | null }[],
    manager: EntityManager,
  ): Promise<string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `INSERT INTO team_memberships (user_id, team_id, role)
       SELECT $1, t.id, k.role FROM unnest($2::uuid[], $3::text[]) AS k (id, role) JOIN teams t ON t.id = k.id
       RETURNING team_id AS id`,
      [userId, teams.map(({ id }) => id), teams.map(({ role }) => role)],
    );
    return missing(
      teams.map(({ id }) => id),
      rows,
    );
  }

  /** Answers which of these domains do not exist. */
  async insertAssignments(
    userId: string,
    domainIds: readonly string[],
    manager: EntityManager,
  ): Promise<string[]> {
    const rows = await manager.query<{ id: string }[]>(
      `INSERT INTO user_domains (user_id, domain_id)
       SELECT $1, d.id FROM domains d WHERE d.id = ANY ($2::uuid[]) RETURNING domain_id AS id`,
      [userId, domainIds],
    );
    return missing(domainIds, rows);
  }
}

function missing(ids: readonly string[], found: readonly { readonly id: string }[]): string[] {
  const known = new Set(found.map(({ id }) => id));
  return ids.filter((id) => !known.has(id));
}
