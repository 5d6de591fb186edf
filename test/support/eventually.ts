import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 3_000;

/** Tries expectations until they hold: a service writes its log a moment later. */
export async function eventually(expectations: () => void): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  for (;;) {
    try {
      return expectations();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(25);
    }
  }
}
