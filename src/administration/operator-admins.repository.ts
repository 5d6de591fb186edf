import { DataSource, type EntityManager } from 'typeorm';
import { operatorDataSourceOptions } from '../database/data-source-options';
import { isNotMigrated, isRetryable, translateDatabaseError } from '../database/postgres-errors';
import type { PlatformRole } from '../security/identity-context';

const MAX_ATTEMPTS = 3;
const NOT_MIGRATED =
  'the migrations of this version have not run: start the service, or npm run migration:run';
const LAST_ADMIN = 'the last active administrator stays: grant somebody else first';
const COLUMNS = `id, email, role, is_active AS "isActive", email_verified_at AS "emailVerifiedAt",
  created_at AS "createdAt", last_sign_in_at AS "lastSignInAt"`;

/** A user as the operator judges them. */
export interface AdminCandidate {
  readonly id: string;
  readonly email: string;
  readonly role: PlatformRole;
  readonly isActive: boolean;
  /** Null: the user has not proven that the address is theirs. */
  readonly emailVerifiedAt: Date | null;
  readonly createdAt: Date;
  readonly lastSignInAt: Date | null;
}

/** Names a user: by a normalised address, by id, or by both, which then have to belong together. */
export interface UserName {
  readonly email: string | undefined;
  readonly id: string | undefined;
}

/** Gives and takes the platform role `admin` on behalf of an operator. */
export class OperatorAdmins {
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

  /** All administrators, also deactivated ones, by address. */
  list(): Promise<AdminCandidate[]> {
    return this.transaction((manager) =>
      manager.query<AdminCandidate[]>(
        `SELECT ${COLUMNS} FROM users WHERE role = 'admin' ORDER BY email COLLATE "C"`,
      ),
    );
  }

  /**
   * Gives a user a role, unless they have it. `check` sees the user as they stand, with the row locked, and throws to refuse.
   * Answers the user of before; undefined when there is no such user. The database keeps the last administrator.
   */
  setRole(
    name: UserName,
    role: PlatformRole,
    check: (user: AdminCandidate) => void,
  ): Promise<AdminCandidate | undefined> {
    return this.transaction(async (manager) => {
      const [user] = await manager.query<AdminCandidate[]>(
        `SELECT ${COLUMNS} FROM users WHERE ($1::text IS NULL OR email = $1) AND ($2::uuid IS NULL OR id = $2)
         FOR NO KEY UPDATE`,
        [name.email ?? null, name.id ?? null],
      );
      if (!user) return undefined;
      check(user);
      if (user.role !== role)
        await manager.query('UPDATE users SET role = $2 WHERE id = $1', [user.id, role]);
      return user;
    });
  }

  private async transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.source.transaction(work);
      } catch (error) {
        if (isNotMigrated(error)) throw new Error(NOT_MIGRATED, { cause: error });
        if (translateDatabaseError(error)?.code === 'last-admin')
          throw new Error(LAST_ADMIN, { cause: error });
        if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }
}
