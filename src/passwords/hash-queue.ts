import { withinDeadline } from '../common/deadline';
import { AppError } from '../common/errors/app-error';
import { gauge, histogram } from '../common/metrics/instruments';
import { currentRequest, onBehalfOf, type RequestScope } from '../common/request-scope';
import { sourceNetwork } from '../common/source-network';
import { FairQueue, type Submitter } from './fair-queue';

const DURATION = histogram(
  'auth_password_hash_duration_seconds',
  'Time in which a password was hashed or checked, without the wait for a thread',
  [],
  [0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5],
);
const WAITING = gauge('auth_password_hash_queue', 'Password hashes that wait for a thread', []);

/** Retry-After of an overload, in seconds. */
const RETRY_AFTER_SECONDS = 5;
/** Weight of the latest duration in the moving average. */
const LATEST_WEIGHT = 0.25;
/** The submitter of work outside a request. */
const SERVICE: Submitter = { source: 'service', connection: {} };

/** Maximum numbers of running and of waiting jobs. */
export interface HashQueueLimits {
  readonly workers: number;
  readonly waiting: number;
}

interface Refusable {
  readonly reject: (error: Error) => void;
  timer?: NodeJS.Timeout;
}

interface Waiting<Job, Result> extends Refusable {
  readonly job: Job;
  readonly scope: RequestScope | undefined;
  readonly resolve: (result: Promise<Result>) => void;
}

/**
 * Gives hash jobs to the workers. Waiting jobs are taken from each source in turn; a job is dropped when its client has
 * disconnected, runs after all others when its client may have disconnected, and is refused with `overloaded` when its result
 * would be too late. When the queue is full, the newest job of the source with most jobs is refused. No request waits for a
 * running job beyond its deadline.
 */
export class HashQueue<Job, Result> {
  private readonly waiting = new FairQueue<Waiting<Job, Result>>();
  /** Jobs whose client, at their turn, may have disconnected. */
  private readonly doubtful = new FairQueue<Waiting<Job, Result>>();
  private running = 0;
  private averageMs: number | undefined;

  constructor(
    private readonly work: (job: Job) => Promise<Result>,
    private readonly limits: HashQueueLimits,
  ) {
    WAITING.from(() => [[this.waiting.size + this.doubtful.size]]);
  }

  /** Runs a job on behalf of the current request. */
  run(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      const entry: Waiting<Job, Result> = { job, scope: currentRequest(), resolve, reject };
      if (entry.scope?.isAbandoned) drop(entry);
      else if (entry.scope && entry.scope.msLeft <= 0) refuse(entry);
      else if (this.running < this.limits.workers) this.begin(entry);
      else this.wait(entry);
    });
  }

  /** Refuses all waiting jobs; running ones continue. */
  close(): void {
    for (const { timer, reject } of this.remove(() => true)) {
      clearTimeout(timer);
      reject(new AppError('service-unavailable', { reason: 'stopping' }));
    }
  }

  private wait(entry: Waiting<Job, Result>): void {
    const { scope } = entry;
    if (scope) {
      const refuseLate = () => this.remove((other) => other === entry).forEach(refuse);
      entry.timer = setTimeout(refuseLate, scope.msLeft - (this.averageMs ?? 0));
    }
    this.waiting.push(submitterOf(scope), entry);
    if (this.isOverLimit) this.evictOne();
  }

  private get isOverLimit(): boolean {
    return this.waiting.size + this.doubtful.size > this.limits.waiting;
  }

  private evictOne(): void {
    this.remove(({ scope }) => scope?.isAbandoned === true).forEach(drop);
    if (!this.isOverLimit) return;
    const surplus = this.doubtful.popNewestOfLargest() ?? this.waiting.popNewestOfLargest();
    if (surplus) refuse(surplus);
  }

  private remove(matches: (entry: Waiting<Job, Result>) => boolean): Waiting<Job, Result>[] {
    return [...this.waiting.removeWhere(matches), ...this.doubtful.removeWhere(matches)];
  }

  private begin({ job, scope, resolve }: Waiting<Job, Result>): void {
    this.running++;
    const start = performance.now();
    const done = () => {
      const latestMs = performance.now() - start;
      DURATION.observe(latestMs / 1000);
      this.averageMs ??= latestMs;
      this.averageMs += (latestMs - this.averageMs) * LATEST_WEIGHT;
      this.running--;
      this.beginNext();
    };
    onBehalfOf(scope, () => {
      const result = this.work(job);
      result.then(done, done);
      resolve(withinDeadline(result, overloaded));
    });
  }

  private beginNext(): void {
    while (this.running < this.limits.workers) {
      const entry = this.next();
      if (!entry) return;
      clearTimeout(entry.timer);
      if (entry.scope?.isAbandoned) drop(entry);
      else this.begin(entry);
    }
  }

  private next(): Waiting<Job, Result> | undefined {
    for (let entry = this.waiting.shift(); entry; entry = this.waiting.shift()) {
      if (!entry.scope?.mayBeAbandoned) return entry;
      this.doubtful.push(submitterOf(entry.scope), entry);
    }
    return this.doubtful.shift();
  }
}

function submitterOf(scope: RequestScope | undefined): Submitter {
  return scope ? { source: sourceNetwork(scope.origin.ipAddress), connection: scope.connection } : SERVICE;
}

function refuse({ timer, reject }: Refusable): void {
  clearTimeout(timer);
  reject(overloaded());
}

function overloaded(): AppError {
  return new AppError('overloaded', { reason: 'password queue', retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function drop({ timer, reject }: Refusable): void {
  clearTimeout(timer);
  reject(new AppError('overloaded', { reason: 'client gone' }));
}
