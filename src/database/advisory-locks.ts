import type { EntityManager } from 'typeorm';

/** The key of an advisory lock: a number, or a text that PostgreSQL hashes to one. */
export type AdvisoryLock = number | string;

/**
 * Every advisory lock of the service. The numbers are arbitrary but must not change: replicas of other versions use the same.
 * (The development launcher locks its own server, in which this service has no database.)
 */
export const ADVISORY_LOCKS = {
  /** Migrations and seeds: held by the migrating session. */
  migrations: 4_815_162_342,
  /** The cleanup of sessions: held for one batch. */
  sessionCleanup: 4_815_162_343,
  /** The test data of `AUTH_SEED_FILE`. */
  seedFile: 4_815_162_344,
  /** The cleanup of idempotency keys: held for one batch. */
  idempotencyCleanup: 4_815_162_345,
  /** The cleanup of revoked service tokens: held for one batch. */
  endedServiceTokensCleanup: 4_815_162_354,
  /** The partitions of the audit log: held while they come and go. */
  auditPartitions: 4_815_162_361,
  /** The cleanup of counted guesses: held for one batch. */
  limitsCleanup: 4_815_162_360,
  /** The preparation of mails: held for one batch. */
  mailPreparation: 4_815_162_355,
  /** The cleanup of mails: held for one batch. */
  mailCleanup: 4_815_162_356,
  /** The cleanup of codes: held for one batch. */
  verificationCleanup: 4_815_162_364,
  /** A request with an `Idempotency-Key`: held while it is in progress. */
  idempotencyKey: ({
    callerId,
    route,
    keyHash,
  }: Readonly<{ callerId: string; route: string; keyHash: Buffer }>) =>
    JSON.stringify(['idempotency', callerId, route, keyHash.toString('base64url')]),
  /**
   * An identity at a provider, whether or not it has a row yet. Two identities may share a number and then wait for each other
   * needlessly.
   */
  providerIdentity: (issuer: string, subject: string) => JSON.stringify([issuer, subject]),
} as const;

/** Waits for a lock and holds it until the manager's transaction ends. */
export async function lockForTransaction(lock: AdvisoryLock, manager: EntityManager): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(${keyOf(lock)})`, [lock]);
}

/** Tries to take a lock until the manager's transaction ends; answers whether it was free. */
export async function tryLockForTransaction(lock: AdvisoryLock, manager: EntityManager): Promise<boolean> {
  return tryLock('pg_try_advisory_xact_lock', lock, manager);
}

/** Tries to take a lock until the manager's connection ends; answers whether it was free. */
export async function tryLockForSession(lock: AdvisoryLock, manager: EntityManager): Promise<boolean> {
  return tryLock('pg_try_advisory_lock', lock, manager);
}

async function tryLock(call: string, lock: AdvisoryLock, manager: EntityManager): Promise<boolean> {
  const [row] = await manager.query<{ taken: boolean }[]>(`SELECT ${call}(${keyOf(lock)}) AS taken`, [lock]);
  return row?.taken === true;
}

function keyOf(lock: AdvisoryLock): string {
  return typeof lock === 'number' ? '$1' : 'hashtextextended($1, 0)';
}
