import { AppError } from './errors/app-error';
import { currentRequest } from './request-scope';

/** Milliseconds that a step may take: its own limit or what the current request has left; 0 or less when nothing is left. */
export function timeFor(ownLimitMs: number): number {
  const scope = currentRequest();
  return scope ? Math.min(ownLimitMs, scope.msLeft) : ownLimitMs;
}

/**
 * Waits for work until the current request's deadline, then rejects with `late()`, by default `service-unavailable`. The work
 * itself continues: its own limits must end it.
 */
export function withinDeadline<T>(work: Promise<T>, late: () => Error = outOfTime): Promise<T> {
  const scope = currentRequest();
  return scope ? withTimeout(Math.max(0, scope.msLeft), work, late) : work;
}

/** The error of a request that has reached its deadline. */
export function outOfTime(): AppError {
  return new AppError('service-unavailable', { reason: 'deadline' });
}

/** Rejects with `late()` when the work takes longer. The work itself continues: its own limits must end it. */
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
