import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database, type PreparedStatement } from '../database/database';
import type { CredentialsKey } from './users.repository';

/** A user who has an activation code. */
export interface ActivatableUser {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** A code that is good: not expired, of an active user without a password. */
const BY_CODE: PreparedStatement = {
  name: 'activation-by-code',
  text: `SELECT u.id, u.email, u.name FROM user_activations a JOIN users u ON u.id = a.user_id
    WHERE a.code_hash = $1 AND a.expires_at > now() AND u.is_active AND u.password_hash IS NULL`,
};

/** The statements on `user_activations`. */
@Injectable()
export class UserActivationsRepository {
  constructor(private readonly database: Database) {}

  async findByCode(codeHash: Buffer): Promise<ActivatableUser | undefined> {
    const [user] = await this.database.statement<ActivatableUser>(BY_CODE, [codeHash]);
    return user;
  }

  /** Takes the place of the user's former code; answers when it expires. */
  async upsert(userId: string, codeHash: Buffer, manager: EntityManager): Promise<Date> {
    const [row] = await manager.query<{ expires_at: Date }[]>(
      `INSERT INTO user_activations (user_id, code_hash, expires_at) VALUES ($1, $2, now() + interval '24 hours')
       ON CONFLICT (user_id) DO UPDATE
       SET code_hash = excluded.code_hash, created_at = now(), expires_at = excluded.expires_at
       RETURNING expires_at`,
      [userId, codeHash],
    );
    if (!row) throw new Error('the code was not stored');
    return row.expires_at;
  }

  /**
   * Gives the user of a good code their first password; undefined when the code is good no longer. The database ends the code.
   * The user is locked.
   */
  async consume(
    userId: string,
    { codeHash, passwordHash }: { readonly codeHash: Buffer; readonly passwordHash: string },
    manager: EntityManager,
  ): Promise<CredentialsKey | undefined> {
    const [[row]] = await manager.query<[{ credentials_version: number }[], number]>(
      `UPDATE users u SET password_hash = $3, must_change_password = false, credentials_version = u.credentials_version + 1
       FROM user_activations a
       WHERE u.id = $1 AND a.user_id = u.id AND a.code_hash = $2 AND a.expires_at > now()
         AND u.is_active AND u.password_hash IS NULL
       RETURNING u.credentials_version`,
      [userId, codeHash, passwordHash],
    );
    return row && { userId, credentialsVersion: row.credentials_version };
  }
}
