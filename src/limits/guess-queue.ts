import { setTimeout as sleep } from 'node:timers/promises';
import { timeFor } from '../common/deadline';
import { AppError } from '../common/errors/app-error';
import { currentRequest, onBehalfOf, type RequestScope } from '../common/request-scope';

/**
 * What became of an attempt to reserve a guess. A refusal of `wait` is that of a guess that has waited too long: guesses under way have
 * to be settled first.
 */
export type Verdict =
  'reserved' | { readonly refusal: AppError; readonly of: 'subject' | 'request' | 'wait' };

interface Waiter {
  readonly attempt: () => Promise<Verdict>;
  readonly scope: RequestScope | undefined;
  readonly endsAt: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Longest wait for guesses under way. */
const LONGEST_WAIT_MS = 2_000;
const PAUSE_MS = 40;

/**
 * Lets guesses at one subject reserve in turn, so that however many arrive at once burden the store like one: what refuses the first
 * refuses all that wait behind it.
 */
export class GuessQueue {
  private readonly queues = new Map<string, Waiter[]>();
  /** Ends the pause of a queue. */
  private readonly pauses = new Map<string, AbortController>();

  /** @param pauseMs before the next attempt, where nothing is settled here */
  constructor(private readonly pauseMs = PAUSE_MS) {}

  /** Resolves when the attempt has reserved; rejects with its refusal. */
  pass(subject: string, attempt: () => Promise<Verdict>): Promise<void> {
    return new Promise((resolve, reject) => {
      const endsAt = performance.now() + timeFor(LONGEST_WAIT_MS);
      const waiter: Waiter = { attempt, scope: currentRequest(), endsAt, resolve, reject };
      const queue = this.queues.get(subject);
      if (queue) {
        queue.push(waiter);
      } else {
        this.queues.set(subject, [waiter]);
        void this.serve(subject);
      }
    });
  }

  /** Whether guesses at a subject wait for their turn. */
  isBusy(subject: string): boolean {
    return this.queues.has(subject);
  }

  /** Says that a guess at a subject was settled here: the first that waits need not wait longer. */
  wake(subject: string): void {
    this.pauses.get(subject)?.abort();
  }

  private async serve(subject: string): Promise<void> {
    const queue = this.queues.get(subject) ?? [];
    let late = new AppError('overloaded', { reason: 'guesses in turn' });
    for (let first = queue[0]; first; first = queue[0]) {
      const { scope, endsAt, attempt } = first;
      if (scope?.isAbandoned) queue.shift()?.reject(new AppError('overloaded', { reason: 'client gone' }));
      else if (performance.now() > endsAt) queue.shift()?.reject(late);
      else late = this.apply(await settled(() => onBehalfOf(scope, attempt)), queue) ?? late;
      if (queue[0] === first) await this.pause(subject);
    }
    this.queues.delete(subject);
  }

  private async pause(subject: string): Promise<void> {
    const pause = new AbortController();
    this.pauses.set(subject, pause);
    const ms = this.pauseMs * (0.5 + Math.random());
    await sleep(ms, undefined, { signal: pause.signal }).catch(() => undefined); // woken
    this.pauses.delete(subject);
  }

  /** Answers the refusal of those that have waited too long. */
  private apply(verdict: Verdict, queue: Waiter[]): AppError | undefined {
    if (verdict === 'reserved') queue.shift()?.resolve();
    else if (verdict.of === 'wait') return verdict.refusal;
    else if (verdict.of === 'request') queue.shift()?.reject(verdict.refusal);
    else for (const { reject } of queue.splice(0)) reject(verdict.refusal);
    return undefined;
  }
}

/** An attempt that fails (the store is away) fails for all that wait: each would wait for it anew. */
async function settled(attempt: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await attempt();
  } catch (error) {
    const refusal = error instanceof AppError ? error : new AppError('service-unavailable', { cause: error });
    return { refusal, of: 'subject' };
  }
}
