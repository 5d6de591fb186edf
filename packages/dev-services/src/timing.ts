import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after the time, or at once when the signal aborts it. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** A point in time that every wait of one operation shares. */
export class Deadline {
  private readonly end: number;

  constructor(readonly milliseconds: number) {
    this.end = performance.now() + milliseconds;
  }

  get remaining(): number {
    return Math.max(0, this.end - performance.now());
  }

  get passed(): boolean {
    return this.remaining === 0;
  }
}

/** Resolves to whether the condition came true before the limit. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  limit: number,
): Promise<boolean> {
  const deadline = new Deadline(limit);
  while (!(await condition())) {
    if (deadline.passed) {
      return false;
    }
    await sleep(20);
  }
  return true;
}
