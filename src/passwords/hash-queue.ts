import { withinDeadline } from '../common/deadline';
import { AppError } from '../common/errors/app-error';
import { currentRequest, onBehalfOf, type RequestScope } from '../common/request-scope';
import { sourceNetwork } from '../common/source-network';
import { FairQueue, type Bringer } from './fair-queue';

/** Seconds for which a client had better stay away when there is too much to do. */
const RETRY_AFTER_SECONDS = 5;
/** How much the latest duration counts in the usual one. */
const LATEST_WEIGHT = 0.25;
/** Who brings the work that the service does for itself. */
const SERVICE: Bringer = { source: 'service', connection: {} };

/** How much runs, and how much may wait. */
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
 * Hands hash work to the workers, as much at a time as there are. What has to wait is taken from each source in turn, is
 * dropped when its client has gone, comes after everything else when its client may have gone, and is refused with
 * `overloaded` when its answer would come too late, or when too much waits: then the newest of whoever has brought most.
 * Work that has begun is not waited for beyond the deadline of its request.
 */
export class HashQueue<Job, Result> {
  private readonly waiting = new FairQueue<Waiting<Job, Result>>();
  /** What was found at its turn to be of clients that may have gone. */
  private readonly doubtful = new FairQueue<Waiting<Job, Result>>();
  private running = 0;
  private usualMs: number | undefined;

  constructor(
    private readonly work: (job: Job) => Promise<Result>,
    private readonly limits: HashQueueLimits,
  ) {}

  /** Does work on behalf of the current request. */
  run(job: Job): Promise<Result> {
    return new Promise((resolve, reject) => {
      const entry: Waiting<Job, Result> = { job, scope: currentRequest(), resolve, reject };
      if (entry.scope?.isAbandoned) drop(entry);
      else if (entry.scope && entry.scope.msLeft <= 0) refuse(entry);
      else if (this.running < this.limits.workers) this.begin(entry);
      else this.wait(entry);
    });
  }

  /** Refuses what waits; what runs goes on. */
  close(): void {
    for (const { timer, reject } of this.remove(() => true)) {
      clearTimeout(timer);
      reject(new AppError('service-unavailable', { reason: 'stopping' }));
    }
  }

  private wait(entry: Waiting<Job, Result>): void {
    const { scope } = entry;
    if (scope) {
      const late = () => this.remove((other) => other === entry).forEach(refuse);
      entry.timer = setTimeout(late, scope.msLeft - (this.usualMs ?? 0));
    }
    this.waiting.push(bringerOf(scope), entry);
    if (this.isOverfull) this.makeRoom();
  }

  private get isOverfull(): boolean {
    return this.waiting.size + this.doubtful.size > this.limits.waiting;
  }

  private makeRoom(): void {
    this.remove(({ scope }) => scope?.isAbandoned === true).forEach(drop);
    if (!this.isOverfull) return;
    const surplus = this.doubtful.popOfLongest() ?? this.waiting.popOfLongest();
    if (surplus) refuse(surplus);
  }

  private remove(fits: (entry: Waiting<Job, Result>) => boolean): Waiting<Job, Result>[] {
    return [...this.waiting.removeWhere(fits), ...this.doubtful.removeWhere(fits)];
  }

  private begin({ job, scope, resolve }: Waiting<Job, Result>): void {
    this.running++;
    const start = performance.now();
    const done = () => {
      const latestMs = performance.now() - start;
      this.usualMs ??= latestMs;
      this.usualMs += (latestMs - this.usualMs) * LATEST_WEIGHT;
      this.running--;
      this.beginNext();
    };
    onBehalfOf(scope, () => {
      const result = this.work(job);
      result.then(done, done);
      resolve(withinDeadline(result, tooMuch));
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
      this.doubtful.push(bringerOf(entry.scope), entry);
    }
    return this.doubtful.shift();
  }
}

function bringerOf(scope: RequestScope | undefined): Bringer {
  return scope ? { source: sourceNetwork(scope.origin.ipAddress), connection: scope.connection } : SERVICE;
}

function refuse({ timer, reject }: Refusable): void {
  clearTimeout(timer);
  reject(tooMuch());
}

function tooMuch(): AppError {
  return new AppError('overloaded', { reason: 'password queue', retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function drop({ timer, reject }: Refusable): void {
  clearTimeout(timer);
  reject(new AppError('overloaded', { reason: 'client gone' }));
}
