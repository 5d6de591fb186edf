import { setTimeout as sleep } from 'node:timers/promises';
import { outOfTime, timeFor } from './deadline';

const SECOND_MS = 1_000;

/**
 * Waits for the second after a moment: tokens of providers tell the time of their issue in whole seconds. Refuses with
 * `service-unavailable` when the deadline does not allow the wait; ending everything again is harmless.
 */
export async function untilNextSecond(moment: Date): Promise<void> {
  const waitMs = (SECOND_MS - moment.getMilliseconds()) % SECOND_MS;
  if (waitMs > timeFor(SECOND_MS)) throw outOfTime();
  await sleep(waitMs);
}
