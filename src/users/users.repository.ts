import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database, type PreparedStatement } from '../database/database';
import type { PlatformRole } from '../security/identity-context';
import { User } from './user.entity';

/** A person to be. */
export interface NewUser {
  /** Normalised. */
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string | null;
  readonly avatarUrl?: string | null;
  /** Absent: nobody vouches for the address yet. */
  readonly emailVerifiedAt?: Date;
}

/** What linking needs to know of an account. */
export interface AccountState {
  readonly id: string;
  readonly isActive: boolean;
  readonly emailVerifiedAt: Date | null;
}

/** A user whose row is locked, as it stands. */
export interface LockedUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: PlatformRole;
  readonly isActive: boolean;
  readonly emailVerified: boolean;
  readonly hasPassword: boolean;
  readonly updatedAt: Date;
}

/** The time before which nothing that was issued to a user is good. */
export interface TokensNotBefore {
  readonly notBefore: Date;
  /** Whether the user can come with tokens of providers. */
  readonly hasIdentities: boolean;
}

/** What a person may change of their own row; what is undefined stays. */
export interface ProfileChanges {
  readonly name?: string;
  readonly avatarUrl?: string | null;
}

/** Names the credentials of a user that were checked. */
export interface CredentialsKey {
  readonly userId: string;
  readonly credentialsVersion: number;
}

/** The trigger of the table reads NULL as "the same password". */
const UPDATE_PASSWORD_HASH: PreparedStatement = {
  name: 'update-password-hash',
  text: 'UPDATE users SET password_hash = $3, credentials_version = NULL WHERE id = $1 AND password_hash = $2',
};

/** In order of how many hashes have them: whoever writes thousands of kinds makes nothing slow. */
const HASH_PARAMETERS: PreparedStatement = {
  name: 'hash-parameters',
  text: `
    SELECT substring(password_hash FROM $1::text) AS parameters FROM users
    WHERE password_hash IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1000`,
};

const ID_BY_EMAIL: PreparedStatement = {
  name: 'user-id-by-email',
  text: 'SELECT id FROM users WHERE email = $1',
};

/** The statements on `users`. */
@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  /** Answers the id of the new row, or undefined when the address is taken; the constraint decides. */
  async insertIfAbsent(user: NewUser, manager: EntityManager): Promise<string | undefined> {
    const { raw } = (await manager
      .createQueryBuilder()
      .insert()
      .into(User)
      .values({ ...user })
      .orIgnore()
      .returning('id')
      .execute()) as { raw: { id: string }[] };
    return raw[0]?.id;
  }

  /** By normalised address. */
  async findIdByEmail(email: string): Promise<string | undefined> {
    const [row] = await this.database.statement<{ id: string }>(ID_BY_EMAIL, [email]);
    return row?.id;
  }

  /** By normalised address; the row stays locked until the transaction ends. */
  lockByEmail(email: string, manager: EntityManager): Promise<AccountState | null> {
    return manager.findOne(User, {
      where: { email },
      select: { id: true, isActive: true, emailVerifiedAt: true },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** The row stays locked until the transaction ends. */
  async lock(id: string, manager: EntityManager): Promise<void> {
    await manager.query('SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE', [id]);
  }

  /**
   * Locks users in the order of their ids, whatever order they come in: those that are written, and one who must only stay as
   * they are. Answers those that exist.
   */
  async lockAll(
    { written, read }: { readonly written: readonly string[]; readonly read?: string },
    manager: EntityManager,
  ): Promise<Map<string, LockedUser>> {
    const users = new Map<string, LockedUser>();
    for (const id of [...new Set(read === undefined ? written : [...written, read])].sort()) {
      const strength = written.includes(id) ? 'NO KEY UPDATE' : 'SHARE';
      const [user] = await manager.query<LockedUser[]>(
        `SELECT id, email, name, role, is_active AS "isActive", email_verified_at IS NOT NULL AS "emailVerified",
           password_hash IS NOT NULL AS "hasPassword", updated_at AS "updatedAt"
         FROM users WHERE id = $1 FOR ${strength}`,
        [id],
      );
      if (user) users.set(id, user);
    }
    return users;
  }

  /** The scopes of a service key, which stay so until the transaction ends; undefined when the key is gone or expired. */
  async lockServiceKey(keyId: string, manager: EntityManager): Promise<readonly string[] | undefined> {
    const [row] = await manager.query<{ scopes: string[] | null }[]>(
      'SELECT lock_service_key($1) AS scopes',
      [keyId],
    );
    return row?.scopes ?? undefined;
  }

  /** Whether somebody has a normalised address, or it is kept for somebody who may take it back. */
  async isAddressTaken(email: string, manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<{ taken: boolean }[]>(
      `SELECT EXISTS (SELECT FROM users WHERE email = $1) OR EXISTS (
         SELECT FROM verification_codes WHERE purpose = 'email-undo' AND address = $1 AND expires_at > now()) AS taken`,
      [email],
    );
    return row?.taken === true;
  }

  /** The unique constraint decides on taken addresses. The address is proven. */
  async updateEmail(id: string, email: string, manager: EntityManager): Promise<void> {
    await manager.query('UPDATE users SET email = $2, email_verified_at = clock_timestamp() WHERE id = $1', [
      id,
      email,
    ]);
  }

  /** Sets the password whatever it was; answers the new version of the credentials. The row is locked. */
  async updatePasswordAnyway(id: string, hash: string, manager: EntityManager): Promise<number> {
    const [[row]] = await manager.query<[{ credentials_version: number }[], number]>(
      `UPDATE users SET password_hash = $2, must_change_password = false, credentials_version = credentials_version + 1
       WHERE id = $1 RETURNING credentials_version`,
      [id, hash],
    );
    if (!row) throw new Error('the user is not locked');
    return row.credentials_version;
  }

  /** Moves `tokens_not_before` to the present moment; undefined when there is no such user. */
  async updateTokensNotBefore(id: string, manager: EntityManager): Promise<TokensNotBefore | undefined> {
    const [[row]] = await manager.query<[{ not_before: Date; has_identities: boolean }[], number]>(
      `UPDATE users SET tokens_not_before = clock_timestamp() WHERE id = $1
       RETURNING tokens_not_before AS not_before,
         EXISTS (SELECT FROM user_identities WHERE user_id = $1) AS has_identities`,
      [id],
    );
    return row && { notBefore: row.not_before, hasIdentities: row.has_identities };
  }

  async updateEmailVerifiedAt(id: string, at: Date, manager: EntityManager): Promise<void> {
    await manager.update(User, { id }, { emailVerifiedAt: at });
  }

  /** Makes an administrator a user like others; answers whether they were one. */
  async updateAdminToUser(id: string, manager: EntityManager): Promise<boolean> {
    const { affected } = await manager.update(User, { id, role: 'admin' }, { role: 'user' });
    return affected === 1;
  }

  /** Takes the password away, and raises the version of the credentials where there was none. */
  async updatePasswordToNone(id: string, manager: EntityManager): Promise<void> {
    await manager.query(
      'UPDATE users SET password_hash = NULL, credentials_version = credentials_version + 1 WHERE id = $1',
      [id],
    );
  }

  /** Answers whether there is such a person, also when nothing changes. */
  async update(id: string, changes: ProfileChanges, manager: EntityManager): Promise<boolean> {
    if (Object.keys(changes).length === 0) return manager.existsBy(User, { id });
    const { affected } = await manager.update(User, { id }, { ...changes });
    return affected === 1;
  }

  /** The different beginnings of stored hashes: what the first group of a pattern finds. */
  async findHashParameters(pattern: string): Promise<string[]> {
    const rows = await this.database.statement<{ parameters: string | null }>(HASH_PARAMETERS, [pattern]);
    return rows.flatMap(({ parameters }) => parameters ?? []);
  }

  /**
   * Only where the credentials are still of this version, so that of two changes at once one wins; answers the new version,
   * undefined where they are not.
   */
  async updatePassword(
    { userId, credentialsVersion }: CredentialsKey,
    hash: string,
    manager: EntityManager,
  ): Promise<number | undefined> {
    const [[row]] = await manager.query<[{ credentials_version: number }[], number]>(
      `UPDATE users SET password_hash = $3, must_change_password = false, credentials_version = credentials_version + 1
       WHERE id = $1 AND credentials_version = $2 RETURNING credentials_version`,
      [userId, credentialsVersion, hash],
    );
    return row?.credentials_version;
  }

  /** Puts another hash of the same password in the place of one, if it is still there. The version of the credentials stays. */
  async updatePasswordHash(id: string, from: string, to: string): Promise<void> {
    await this.database.statement(UPDATE_PASSWORD_HASH, [id, from, to]);
  }
}
