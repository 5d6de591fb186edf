import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ADVISORY_LOCKS, lockForTransaction } from '../database/advisory-locks';
import type { ProviderToken } from '../security/principal';
import type { ExternalProfile } from '../identity/external-profile';
import { UserIdentity } from './user-identity.entity';

/** Subjects of one issuer that an account stands for at most: one for each way in that the issuer has, and some more. */
const MAX_SUBJECTS = 10;

/** The statements on `user_identities`. */
@Injectable()
export class UserIdentitiesRepository {
  /** Makes every other request of this identity wait until the transaction ends, whether or not there is a row of it yet. */
  lock({ issuer, subject }: ProviderToken, manager: EntityManager): Promise<void> {
    return lockForTransaction(ADVISORY_LOCKS.providerIdentity(issuer, subject), manager);
  }

  /** Whether an administrator deleted the user of this identity, and has not allowed it to come back. */
  async wasDeleted({ issuer, subject }: ProviderToken, manager: EntityManager): Promise<boolean> {
    const rows = await manager.query<unknown[]>(
      'SELECT FROM deleted_identities WHERE identity_hash = hash_identity($1, $2)',
      [issuer, subject],
    );
    return rows.length > 0;
  }

  /**
   * Answers false when the account already stands for another subject of the issuer, or somebody has that subject by another
   * claim; the constraints decide.
   */
  async insertIfAbsent(userId: string, person: ExternalProfile, manager: EntityManager): Promise<boolean> {
    const { issuer, subject, subjectClaim, name, avatarUrl, issuedAt } = person;
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
   * Lets the account stand for a further subject of the issuer; answers false when somebody has that subject by another claim,
   * or the account stands for too many already. The caller holds the lock of the account.
   */
  async insertFurther(userId: string, person: ExternalProfile, manager: EntityManager): Promise<boolean> {
    const { issuer, subject, subjectClaim, name, avatarUrl, issuedAt } = person;
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

  /** Unties the account from every provider but one; answers the issuers that it was tied to. */
  async deleteOfOtherIssuers(userId: string, issuer: string, manager: EntityManager): Promise<string[]> {
    const [rows] = await manager.query<[{ issuer: string }[], number]>(
      'DELETE FROM user_identities WHERE user_id = $1 AND issuer <> $2 RETURNING issuer',
      [userId, issuer],
    );
    return rows.map((row) => row.issuer);
  }

  /** Remembers what the provider said last. */
  async updateClaims(person: ExternalProfile, manager: EntityManager): Promise<void> {
    const { issuer, subject, name, avatarUrl, issuedAt } = person;
    await manager.update(UserIdentity, { issuer, subject }, { name, avatarUrl, claimsIssuedAt: issuedAt });
  }
}
