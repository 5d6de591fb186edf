import type { EntityManager } from 'typeorm';

/** What an advisory lock is taken by: a number, or a text of which PostgreSQL makes one. */
export type AdvisoryLock = number | string;

/**
 * Every advisory lock of the service. Any number will do; each stays as it is, because replicas of other versions take the same.
 * (The development launcher locks its own server, in which this service has no database.)
 */
export const ADVISORY_LOCKS = {
  /** Migrations and seeds: held by the session that migrates. */
  migrations: 4_815_162_342,
  /** The cleanup of sessions: held for one batch. */
  sessionCleanup: 4_815_162_343,
  /** The test data of `AUTH_SEED_FILE`. */
  seedFile: 4_815_162_344,
  /** The cleanup of idempotency keys: held for one batch. */
  idempotencyCleanup: 4_815_162_345,
  /** A request with an `Idempotency-Key`: held while it is under way. */
  idempotencyKey: ({
    callerId,
    route,
    keyHash,
  }: Readonly<{ callerId: string; route: string; keyHash: Buffer }>) =>
    JSON.stringify(['idempotency', callerId, route, keyHash.toString('base64url')]),
  /**
   * A user of a provider, whether or not there is a row of them yet. One number can stand for two of them; those wait for each
   * other without need.
   */
  providerIdentity: (issuer: string, subject: string) => JSON.stringify([issuer, subject]),
} as const;

/** Waits for a lock, and holds it until the transaction of this manager ends. */
export async function lockForTransaction(lock: AdvisoryLock, manager: EntityManager): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(${keyOf(lock)})`, [lock]);
}

/** Takes a lock until the transaction of this manager ends, if no other process holds it; answers whether it did. */
export async function tryLockForTransaction(lock: AdvisoryLock, manager: EntityManager): Promise<boolean> {
  return tryLock('pg_try_advisory_xact_lock', lock, manager);
}

/** Takes a lock until the connection of this manager ends, if no other process holds it; answers whether it did. */
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
