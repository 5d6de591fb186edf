import type { EntityManager } from 'typeorm';

/** What is done around the end of a transaction. */
export interface TransactionEnd {
  /** Runs as the last of the transaction, in the order of registration; when it fails the transaction does. */
  readonly before?: () => Promise<void>;
  /** Runs after the commit. */
  readonly committed?: () => void;
  /** Runs when the transaction has failed; `isUncertain` when the server may have committed it none the less. */
  readonly failed?: (isUncertain: boolean) => void;
}

const pending = new WeakMap<EntityManager, TransactionEnd[]>();

/** Registers what is done at the end of the manager's transaction. */
export function atEnd(manager: EntityManager, end: TransactionEnd): void {
  pending.set(manager, [...(pending.get(manager) ?? []), end]);
}

/** Commits, with everything that was registered. */
export async function commitWithEnds(manager: EntityManager, commit: () => Promise<void>): Promise<void> {
  const ends = (pending.get(manager) ?? []).slice();
  let isUncertain = false;
  try {
    for (const { before } of ends) await before?.();
    isUncertain = true;
    await commit();
  } catch (error) {
    pending.delete(manager);
    for (const { failed } of ends) failed?.(isUncertain);
    throw error;
  }
  pending.delete(manager);
  for (const { committed } of ends) committed?.();
}
