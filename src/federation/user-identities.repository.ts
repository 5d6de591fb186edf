import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ADVISORY_LOCKS, lockForTransaction } from '../database/advisory-locks';
import type { ProviderToken } from '../security/principal';
import type { ExternalProfile } from '../identity/external-profile';
import { UserIdentity } from './user-identity.entity';

/** Maximum number of subjects of one issuer per user: one for each connection of the issuer, with a margin. */
const MAX_SUBJECTS = 10;

/** Statements on `user_identities`. */
@Injectable()
export class UserIdentitiesRepository {
  /** Locks the identity until the transaction ends, whether or not it has a row yet. */
  lock({ issuer, subject }: ProviderToken, manager: EntityManager): Promise<void> {
    return lockForTransaction(ADVISORY_LOCKS.providerIdentity(issuer, subject), manager);
  }

  /** Whether an administrator deleted the user of this identity and has not allowed it to sign in again. */
  async wasDeleted({ issuer, subject }: ProviderToken, manager: EntityManager): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      'SELECT FROM deleted_identities WHERE identity_hash = hash_identity($1, $2)',
      [issuer, subject],
    );
    return rows.length > 0;
  }

  /**
   * Answers false when the user is already linked to another subject of the issuer, or the subject is stored under another
   * claim; the constraints decide.
   */
  async insertIfAbsent(userId: string, profile: ExternalProfile, manager: EntityManager): Promise<boolean> {
    const { issuer, subject, subjectClaim, name, avatarUrl, issuedAt } = profile;
    const rows = await manager.query<unknown[]>(
      `INSERT INTO user_identities (issuer, subject, subject_claim, user_id, name, avatar_url, claims_issued_at)
       SELECT $1, $2, $3, $4, $5, $6, $7
       WHERE NOT EXISTS (SELECT FROM user_identities WHERE issuer = $1 AND user_id = $4)
       ON CONFLICT DO NOTHING RETURNING user_id`,
      [issuer, subject, subjectClaim, userId, name, avatarUrl, issuedAt],
    );
    return rows.length > 0;
  }

  /**
   * Links a further subject of the issuer to the user; answers false when the subject is stored under another claim, or the
   * user has `MAX_SUBJECTS` already. The caller holds the lock of the user's row.
   */
  async insertFurther(userId: string, profile: ExternalProfile, manager: EntityManager): Promise<boolean> {
    const { issuer, subject, subjectClaim, name, avatarUrl, issuedAt } = profile;
    const rows = await manager.query<unknown[]>(
      `INSERT INTO user_identities
         (issuer, subject, further_subject, subject_claim, user_id, name, avatar_url, claims_issued_at)
       SELECT $1, $2, $2, $3, $4, $5, $6, $7
       WHERE (SELECT count(*) FROM user_identities WHERE issuer = $1 AND user_id = $4) < ${MAX_SUBJECTS}
       ON CONFLICT DO NOTHING RETURNING user_id`,
      [issuer, subject, subjectClaim, userId, name, avatarUrl, issuedAt],
    );
    return rows.length > 0;
  }

  /** Unlinks the user from every provider but one; answers the issuers that were unlinked. */
  async deleteOfOtherIssuers(userId: string, issuer: string, manager: EntityManager): Promise<string[]> {
    const [rows] = await manager.query<[{ issuer: string }[], number]>(
      'DELETE FROM user_identities WHERE user_id = $1 AND issuer <> $2 RETURNING issuer',
      [userId, issuer],
    );
    return rows.map((row) => row.issuer);
  }

  /** Stores what the provider said last. */
  async updateClaims(profile: ExternalProfile, manager: EntityManager): Promise<void> {
    const { issuer, subject, name, avatarUrl, issuedAt } = profile;
    await manager.update(UserIdentity, { issuer, subject }, { name, avatarUrl, claimsIssuedAt: issuedAt });
  }
}
