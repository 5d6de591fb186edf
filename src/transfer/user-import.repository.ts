import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { operatorDataSourceOptions } from '../database/data-source-options';
import { isNotMigrated, isRetryable, refusedData } from '../database/postgres-errors';
import { endSessions } from '../sessions/end-sessions.repository';
import type { Membership, ReferenceRows } from './references';
import {
  CREATE,
  JOIN_DOMAINS,
  JOIN_TEAMS,
  LEAVE_DOMAINS,
  LEAVE_TEAMS,
  UPDATE,
} from './user-import-statements';
import type { RecordFault, UserRecord } from './user-record';

const MAX_ATTEMPTS = 3;
const NOT_MIGRATED =
  'the migrations of this version have not run: start the service, or npm run migration:run';

/** A user to make, or to change where the address exists. */
export interface ImportedUser {
  readonly id: string;
  readonly line: number;
  readonly record: UserRecord;
  /** Undefined: the line says nothing of it. */
  readonly teams: readonly Membership[] | undefined;
  readonly domains: readonly string[] | undefined;
}

/** Those of a new user for whom a line says nothing. */
export interface Defaults {
  readonly teams: readonly Membership[];
  readonly domains: readonly string[];
}

/** What became of a batch. */
export interface BatchResult {
  readonly created: readonly string[];
  readonly updated: number;
  readonly sessionsEnded: number;
  readonly refused: readonly { readonly line: number; readonly fault: RecordFault }[];
}

const NOTHING: BatchResult = { created: [], updated: 0, sessionsEnded: 0, refused: [] };

/** What the database keeps, as what follows the name of a field. */
const FAULTS: Readonly<Record<string, RecordFault>> = {
  ck_last_admin: { field: 'role', reason: 'would take the last active administrator' },
  ck_last_owner: { field: 'teams', reason: 'would take the last active owner of a team' },
  fk_team_memberships_team_id: { field: 'teams', reason: 'names a team that does not exist' },
  fk_user_domains_domain_id: { field: 'domains', reason: 'names a domain that does not exist' },
};

/** The statements of an import, on a connection of its own. */
export class UserImportRepository {
  private readonly source: DataSource;
  private dryRun: QueryRunner | undefined;

  constructor(databaseUrl: string) {
    this.source = new DataSource(operatorDataSourceOptions(databaseUrl));
  }

  async open(): Promise<void> {
    await this.source.initialize();
  }

  async close(): Promise<void> {
    if (this.dryRun) await this.dryRun.rollbackTransaction();
    await this.dryRun?.release();
    if (this.source.isInitialized) await this.source.destroy();
  }

  async findReferences(): Promise<ReferenceRows> {
    try {
      return {
        teams: await this.source.query('SELECT id, name, external_ref, is_default FROM teams'),
        domains: await this.source.query('SELECT id, key, is_default FROM domains'),
      };
    } catch (error) {
      throw isNotMigrated(error) ? new Error(NOT_MIGRATED, { cause: error }) : error;
    }
  }

  /** Which of these ids are users. */
  async findExisting(ids: readonly string[]): Promise<string[]> {
    const rows = await this.source.query<{ id: string }[]>('SELECT id FROM users WHERE id = ANY ($1)', [ids]);
    return rows.map(({ id }) => id);
  }

  /** Which of these addresses users have. */
  async findAddresses(addresses: readonly string[]): Promise<Set<string>> {
    const rows = await this.source.query<{ email: string }[]>(
      'SELECT email FROM users WHERE email = ANY ($1)',
      [addresses],
    );
    return new Set(rows.map(({ email }) => email));
  }

  /** How many of these would be made: their address neither exists nor was asked about before. Changes nothing. */
  async countNew(users: readonly ImportedUser[]): Promise<number> {
    if (!this.dryRun) {
      this.dryRun = this.source.createQueryRunner();
      await this.dryRun.startTransaction();
      await this.dryRun.query('CREATE TEMPORARY TABLE asked (email text PRIMARY KEY) ON COMMIT DROP');
    }
    const rows = (await this.dryRun.query(
      `WITH fresh AS (INSERT INTO asked SELECT unnest($1::text[]) ON CONFLICT DO NOTHING RETURNING email)
       SELECT count(*)::int AS count FROM fresh WHERE NOT EXISTS (SELECT FROM users u WHERE u.email = fresh.email)`,
      [users.map(({ record }) => record.email)],
    )) as { count: number }[];
    return rows[0]?.count ?? 0;
  }

  /**
   * Makes users, and with `update` changes those whose address exists. Of what the database refuses, it finds the lines.
   */
  async write(
    users: readonly ImportedUser[],
    defaults: Defaults,
    options: { readonly update: boolean; readonly allowAdmins: boolean },
  ): Promise<BatchResult> {
    if (users.length === 0) return NOTHING;
    try {
      return await this.attempt((manager) => writeAll(users, defaults, options, manager));
    } catch (error) {
      const refused = refusedData(error);
      const [first] = users;
      if (!refused || !first) throw error;
      if (users.length === 1) return { ...NOTHING, refused: [{ line: first.line, fault: faultOf(refused) }] };
      const half = Math.ceil(users.length / 2);
      const one = await this.write(users.slice(0, half), defaults, options);
      const other = await this.write(users.slice(half), defaults, options);
      return {
        created: [...one.created, ...other.created],
        updated: one.updated + other.updated,
        sessionsEnded: one.sessionsEnded + other.sessionsEnded,
        refused: [...one.refused, ...other.refused],
      };
    }
  }

  private async attempt(work: (manager: EntityManager) => Promise<BatchResult>): Promise<BatchResult> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.source.transaction(work);
      } catch (error) {
        if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }
}

async function writeAll(
  users: readonly ImportedUser[],
  defaults: Defaults,
  { update, allowAdmins }: { readonly update: boolean; readonly allowAdmins: boolean },
  manager: EntityManager,
): Promise<BatchResult> {
  const created = await manager.query<{ id: string }[]>(CREATE, [inputOf(users, defaults)]);
  const result = { ...NOTHING, created: created.map(({ id }) => id) };
  if (!update || created.length === users.length) return result;
  const input = inputOf(users, { teams: [], domains: [] });
  const [changed] = await manager.query<[{ id: string; has_new_password: boolean }[], number]>(UPDATE, [
    input,
    allowAdmins,
  ]);
  const touched = new Set(changed.map(({ id }) => id));
  for (const statement of [JOIN_TEAMS, LEAVE_TEAMS, JOIN_DOMAINS, LEAVE_DOMAINS]) {
    const rows = rowsOf(await manager.query(statement, [input]));
    for (const { id } of rows) touched.add(id);
  }
  const owners = changed.filter((row) => row.has_new_password).map(({ id }) => id);
  const ended = await endSessions('s.user_id = ANY ($2)', [owners], 'password-changed', manager);
  return { ...result, updated: touched.size, sessionsEnded: ended.length };
}

/** TypeORM answers rows for INSERT, and rows with their number for UPDATE and DELETE. */
function rowsOf(answer: unknown): readonly { readonly id: string }[] {
  const [first] = answer as [unknown?];
  return (Array.isArray(first) ? first : answer) as readonly { readonly id: string }[];
}

function inputOf(users: readonly ImportedUser[], defaults: Defaults): string {
  return JSON.stringify(
    users.map(({ id, record, teams, domains }) => ({
      id,
      email: record.email,
      name: record.name,
      avatar_url: record.avatarUrl,
      password_hash: record.passwordHash,
      email_verified: record.emailVerified,
      is_active: record.isActive,
      role: record.role,
      created_at: record.createdAt,
      teams: (teams ?? defaults.teams).map(({ teamId }) => teamId),
      roles: (teams ?? defaults.teams).map(({ role }) => role),
      domains: domains ?? defaults.domains,
      said: saidBy(record),
    })),
  );
}

/** The members that a line has, of those that may be null or empty. */
function saidBy(record: UserRecord): string[] {
  const said = {
    avatar_url: record.avatarUrl,
    password_hash: record.passwordHash,
    email_verified: record.emailVerified,
    teams: record.teams,
    domains: record.domains,
  };
  return Object.entries(said).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

function faultOf({ code, constraint }: NonNullable<ReturnType<typeof refusedData>>): RecordFault {
  const known = FAULTS[constraint ?? ''];
  return known ?? { field: undefined, reason: `is refused by the database (${constraint ?? code})` };
}
