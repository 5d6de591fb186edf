import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database, type PreparedStatement } from '../database/database';
import { CODE_LIFETIME_SECONDS, type CodePurpose } from './code-purpose';

/** A code to store. */
export interface NewCode {
  readonly userId: string;
  readonly purpose: CodePurpose;
  /** The address that it stands for: that of the user, the one to be, or the one of before. */
  readonly address: string;
  /** Whether it goes to that address, and so proves it. */
  readonly byMail: boolean;
  /** Whether its use signs the user in. */
  readonly signsIn?: boolean;
  /** The session that asked for it. */
  readonly sessionId?: string | undefined;
  /** What a registration of the same address has brought, which counts once the code is used. */
  readonly registration?: PendingRegistration | undefined;
  /** Whether what an earlier registration has brought stays. */
  readonly keepsRegistration?: boolean;
  /** When it was asked for; undefined for now. */
  readonly requestedAt?: Date;
}

/** A registration of an address whose owner has not answered yet. */
export interface PendingRegistration {
  readonly passwordHash: string;
  readonly name: string;
}

/** The user of a good code. */
export interface CodeOwner {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** `gone`: used, replaced, or ended with what it stood for. */
export type CodeState = 'good' | 'expired' | 'gone';

/** A code that has been used. */
export interface UsedCode {
  readonly userId: string;
  readonly address: string;
  readonly byMail: boolean;
  readonly signsIn: boolean;
  readonly sessionId: string | null;
  readonly registration: PendingRegistration | undefined;
  readonly createdAt: Date;
}

interface UsedRow {
  readonly user_id: string;
  readonly address: string;
  readonly by_mail: boolean;
  readonly signs_in: boolean;
  readonly session_id: string | null;
  readonly new_password_hash: string | null;
  readonly new_name: string | null;
  readonly created_at: Date;
}

/**
 * A code `c` of the user `u` that is good: not expired, of an active user. An activation wants a user without a password. A change
 * of address wants that whoever asked for it has not been thrown out since; to sign out is no such thing.
 */
const IS_GOOD = `c.expires_at > now() AND u.is_active
  AND (c.purpose <> 'activation' OR u.password_hash IS NULL)
  AND (c.purpose NOT IN ('activation', 'email-verification', 'password-reset') OR c.address = u.email)
  AND (c.purpose <> 'email-change' OR (
    (c.created_at < u.tokens_not_before) IS NOT TRUE AND (c.session_id IS NULL OR EXISTS (
      SELECT FROM sessions s WHERE s.id = c.session_id AND (s.ended_at IS NULL OR s.end_reason = 'logout')))))`;

const OWNER: PreparedStatement = {
  name: 'owner-of-code',
  text: `SELECT u.id, u.email, u.name FROM verification_codes c JOIN users u ON u.id = c.user_id
    WHERE c.code_hash = $1 AND c.purpose = $2 AND ${IS_GOOD}`,
};

/** The statements on `verification_codes`. */
@Injectable()
export class VerificationCodesRepository {
  constructor(private readonly database: Database) {}

  async findOwner(codeHash: Buffer, purpose: CodePurpose): Promise<CodeOwner | undefined> {
    const [owner] = await this.database.statement<CodeOwner>(OWNER, [codeHash, purpose]);
    return owner;
  }

  /** Takes the place of the user's former code of the purpose, unless it is one that undoes; answers when it expires. */
  async insert(code: NewCode, codeHash: Buffer, manager: EntityManager): Promise<Date> {
    const [row] = await manager.query<{ expires_at: Date }[]>(
      `INSERT INTO verification_codes AS c (code_hash, user_id, purpose, address, by_mail, signs_in, session_id,
         new_password_hash, new_name, created_at, expires_at)
       SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, at, at + make_interval(secs => $11)
       FROM (SELECT coalesce($10::timestamptz, clock_timestamp()) AS at) t
       ON CONFLICT (user_id, purpose) WHERE purpose <> 'email-undo' DO UPDATE
       SET code_hash = excluded.code_hash, address = excluded.address, by_mail = excluded.by_mail,
         signs_in = excluded.signs_in, session_id = excluded.session_id,
         new_password_hash = CASE WHEN $12 THEN c.new_password_hash ELSE excluded.new_password_hash END,
         new_name = CASE WHEN $12 THEN c.new_name ELSE excluded.new_name END,
         created_at = excluded.created_at, expires_at = excluded.expires_at
       RETURNING expires_at`,
      [
        codeHash,
        code.userId,
        code.purpose,
        code.address,
        code.byMail,
        code.signsIn ?? false,
        code.sessionId ?? null,
        code.registration?.passwordHash ?? null,
        code.registration?.name ?? null,
        code.requestedAt ?? null,
        CODE_LIFETIME_SECONDS[code.purpose],
        code.keepsRegistration ?? false,
      ],
    );
    if (!row) throw new Error('the code was not stored');
    return row.expires_at;
  }

  /** Whether a code stands, and has not expired. */
  async stateOf(codeHash: Buffer, manager: EntityManager): Promise<CodeState> {
    const [row] = await manager.query<{ isGood: boolean }[]>(
      'SELECT expires_at > now() AS "isGood" FROM verification_codes WHERE code_hash = $1',
      [codeHash],
    );
    if (!row) return 'gone';
    return row.isGood ? 'good' : 'expired';
  }

  /** Ends a good code and answers what it stood for; of several attempts one gets it. The user is locked. */
  async consume(
    codeHash: Buffer,
    { userId, purpose }: { readonly userId: string; readonly purpose: CodePurpose },
    manager: EntityManager,
  ): Promise<UsedCode | undefined> {
    const [[row]] = await manager.query<[UsedRow[], number]>(
      `DELETE FROM verification_codes c USING users u
       WHERE c.code_hash = $1 AND c.user_id = $2 AND c.purpose = $3 AND u.id = c.user_id AND ${IS_GOOD}
       RETURNING c.user_id, c.address, c.by_mail, c.signs_in, c.session_id, c.new_password_hash, c.new_name, c.created_at`,
      [codeHash, userId, purpose],
    );
    return row && parseUsed(row);
  }

  /** Ends the codes that undo changes of address later than one of them. */
  async deleteUndoAfter(userId: string, createdAt: Date, manager: EntityManager): Promise<void> {
    await manager.query(
      `DELETE FROM verification_codes WHERE user_id = $1 AND purpose = 'email-undo' AND created_at > $2`,
      [userId, createdAt],
    );
  }

  /** Removes at most `limit` that expired long enough ago; answers how many. */
  async deleteExpired(limit: number, manager: EntityManager): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>(
      `DELETE FROM verification_codes WHERE code_hash IN (
         SELECT code_hash FROM verification_codes WHERE expires_at < now() - interval '7 days' LIMIT $1)`,
      [limit],
    );
    return count;
  }
}

function parseUsed(row: UsedRow): UsedCode {
  const { new_password_hash: passwordHash, new_name: name } = row;
  return {
    userId: row.user_id,
    address: row.address,
    byMail: row.by_mail,
    signsIn: row.signs_in,
    sessionId: row.session_id,
    registration: passwordHash === null || name === null ? undefined : { passwordHash, name },
    createdAt: row.created_at,
  };
}
