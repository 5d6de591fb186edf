import type { EntityManager } from 'typeorm';

const pending = new WeakMap<EntityManager, (() => void)[]>();

/** Runs a callback after the manager's transaction has committed; after a rollback never. */
export function afterCommit(manager: EntityManager, act: () => void): void {
  pending.set(manager, [...(pending.get(manager) ?? []), act]);
}

/** Runs the callbacks of a transaction that has committed. */
export function runAfterCommit(manager: EntityManager): void {
  const acts = pending.get(manager) ?? [];
  pending.delete(manager);
  acts.forEach((act) => act());
}
