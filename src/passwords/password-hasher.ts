import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { PasswordConfig } from '../config/password.config';
import { HashQueue } from './hash-queue';
import { normalisePassword } from './password-text';

/** What a worker is asked to do (`password-worker.cjs`). */
type Job =
  | { readonly task: 'hash'; readonly password: string; readonly cost: number }
  | {
      readonly task: 'verify';
      readonly password: string;
      /** Absent: there is none, and nothing matches. */
      readonly stored: string | undefined;
      /** That of the stored hash, or of one that is not there. */
      readonly cost: number;
      readonly mayMatch: boolean;
      /** A check that fails does as much work as one at this cost. */
      readonly failureCost: number;
    };

/** What a check of a password came to, and the rounds of bcrypt that it took. */
interface Checked {
  readonly matches: boolean;
  readonly rounds: number;
}

/** The two forms that the worker makes and reads: bcrypt, and Passlib's bcrypt_sha256. */
const HASH =
  /^(?:\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}|\$bcrypt-sha256\$v=2,t=2b,r=(?<longCost>\d{1,2})\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31})$/;
const MIN_COST = 4;
/** A stored hash may cost so many steps more than today's; what costs more is no hash. */
const MAX_COST_ABOVE = 2;

/**
 * Hashes and checks passwords with bcrypt in worker threads: bcryptjs would stop the event loop for a fifth of a
 * second each time.
 *
 * A check that fails takes the same work whatever is stored: as much as the costliest hash that is known to be stored
 * anywhere. For whom that is not enough, the worker makes up the difference.
 */
@Injectable()
export class PasswordHasher implements OnModuleDestroy {
  private readonly logger = new Logger('Passwords');
  private readonly pool: Piscina<Job, string | Checked>;
  private readonly queue: HashQueue<Job, string | Checked>;
  private readonly cost: number;
  private failureCost: number;

  constructor({ hashCost, hashWorkers, hashQueue }: PasswordConfig) {
    this.cost = hashCost;
    this.failureCost = this.cost;
    this.pool = new Piscina({
      filename: join(__dirname, 'password-worker.cjs'),
      minThreads: 0, // each is 10 MB and 30 ms of a start: made for the first password, and kept
      maxThreads: hashWorkers,
      idleTimeout: Infinity,
    });
    const limits = { workers: hashWorkers, waiting: hashQueue };
    this.queue = new HashQueue((job) => this.pool.run(job), limits);
  }

  async onModuleDestroy(): Promise<void> {
    this.queue.close();
    await this.pool.destroy();
  }

  /** The costliest hash that counts as one. */
  get highestCost(): number {
    return this.cost + MAX_COST_ABOVE;
  }

  /** Tells the cost of a hash that is stored somewhere: checks that fail take as long from now on. */
  noticeStoredCost(cost: number): void {
    if (cost <= this.highestCost) this.failureCost = Math.max(this.failureCost, cost);
  }

  /** Refuses with `overloaded` when too much waits. */
  async hash(password: string): Promise<string> {
    const job: Job = { task: 'hash', password: normalisePassword(password), cost: this.cost };
    return (await this.queue.run(job)) as string;
  }

  /**
   * Whether the password is the one of the stored hash, and whoever it is may come in (`mayMatch`). False in the same time
   * for every reason: also without a stored hash, or with a text that is none. Refuses with `overloaded` when too much waits.
   */
  async verify(password: string, stored: string | null | undefined, mayMatch: boolean): Promise<boolean> {
    const storedCost = this.costOf(stored);
    if (storedCost !== undefined) this.noticeStoredCost(storedCost);
    const { matches, rounds } = (await this.queue.run({
      task: 'verify',
      password: normalisePassword(password),
      stored: storedCost === undefined ? undefined : (stored ?? undefined),
      cost: storedCost ?? this.cost,
      mayMatch,
      failureCost: this.failureCost,
    })) as Checked;
    this.logger.debug({ msg: 'password checked', rounds });
    return matches;
  }

  /** Whether a stored hash was made at a lower cost than today's. */
  needsUpgrade(stored: string): boolean {
    return (this.costOf(stored) ?? this.cost) < this.cost;
  }

  /** The cost of a stored hash; undefined when the text is no hash that we compute. */
  private costOf(stored: string | null | undefined): number | undefined {
    const { cost, longCost } = HASH.exec(stored ?? '')?.groups ?? {};
    const value = Number(cost ?? longCost);
    return value >= MIN_COST && value <= this.highestCost ? value : undefined;
  }
}
