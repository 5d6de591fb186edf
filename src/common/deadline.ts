import { AppError } from './errors/app-error';
import { currentRequest } from './request-scope';

/** Milliseconds that a step may take: its own limit, and never more than the current request has left. Not above 0: none. */
export function timeFor(ownLimitMs: number): number {
  const scope = currentRequest();
  return scope ? Math.min(ownLimitMs, scope.msLeft) : ownLimitMs;
}

/**
 * Waits for work as long as the current request has time, then fails with `late()`, as a rule `service-unavailable`. The work
 * goes on: its own limits must end it.
 */
export function withinDeadline<T>(work: Promise<T>, late: () => Error = outOfTime): Promise<T> {
  const scope = currentRequest();
  return scope ? withTimeout(Math.max(0, scope.msLeft), work, late) : work;
}

/** The refusal of a request whose time is up. */
export function outOfTime(): AppError {
  return new AppError('service-unavailable', { reason: 'deadline' });
}

/** Fails with `late()` when the work takes longer. The work goes on: its own limits must end it. */
export async function withTimeout<T>(limitMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
