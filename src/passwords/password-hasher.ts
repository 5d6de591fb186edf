import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { PasswordConfig } from '../config/password.config';
import type { HashCheck, HashFamily, HashWork } from './hash-formats';
import { HashQueue } from './hash-queue';
import { normalisePassword } from './password-text';
import { highestCostAt, readStoredHash, type StoredHash } from './stored-hash';

/** A job of the worker (`password-worker.cjs`). */
type Job =
  | { readonly task: 'hash'; readonly password: string; readonly cost: number }
  | {
      readonly task: 'verify';
      readonly password: string;
      /** Undefined without a usable stored hash: nothing matches. */
      readonly check: HashCheck | undefined;
      readonly work: HashWork | undefined;
      readonly mayMatch: boolean;
      /** The work that a failed check does in total, per family. */
      readonly failureWork: Work;
    };

/** Work per family. */
type Work = Readonly<Partial<Record<HashFamily, number>>>;

/** The result of a password check, and the work done. */
interface Checked {
  readonly matches: boolean;
  readonly spent: Work;
}

/**
 * Hashes passwords with bcrypt, and checks them against hashes of this and other services, in worker threads: bcryptjs would
 * block the event loop for about 200 ms each time.
 *
 * A failed check takes the same work whatever is stored: that of the costliest stored hash of each family. The worker adds
 * what the check itself did not take.
 */
@Injectable()
export class PasswordHasher implements OnModuleDestroy {
  private readonly logger = new Logger('Passwords');
  private readonly pool: Piscina<Job, string | Checked>;
  private readonly queue: HashQueue<Job, string | Checked>;
  private readonly cost: number;
  private failureWork: Work;

  constructor({ hashCost, hashWorkers, hashQueue }: PasswordConfig) {
    this.cost = hashCost;
    this.failureWork = { bcrypt: 2 ** this.cost };
    this.pool = new Piscina({
      filename: join(__dirname, 'password-worker.cjs'),
      minThreads: 0, // each takes 10 MB and 30 ms: started with the first password, and kept
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

  /** The highest bcrypt cost of a usable stored hash. */
  get highestCost(): number {
    return highestCostAt(this.cost);
  }

  /** Raises the work of failed checks to that of a stored hash. */
  noticeStoredWork({ family, amount }: HashWork): void {
    if (amount > (this.failureWork[family] ?? 0))
      this.failureWork = { ...this.failureWork, [family]: amount };
  }

  /** Hashes a new password; refuses with `overloaded` when the queue is full. */
  async hash(password: string): Promise<string> {
    const job: Job = { task: 'hash', password: normalisePassword(password), cost: this.cost };
    return (await this.queue.run(job)) as string;
  }

  /**
   * Whether the password matches the stored hash and `mayMatch` is set. A failure takes the same time for every reason,
   * including a missing or unusable stored hash. Refuses with `overloaded` when the queue is full.
   */
  async verify(password: string, stored: string | null | undefined, mayMatch: boolean): Promise<boolean> {
    const known = this.read(stored);
    if (known?.work !== undefined) this.noticeStoredWork(known.work);
    const { matches, spent } = (await this.queue.run({
      task: 'verify',
      password: normalisePassword(password),
      check: known?.check,
      work: known?.work,
      mayMatch,
      failureWork: this.failureWork,
    })) as Checked;
    this.logger.debug({ msg: 'password checked', rounds: spent.bcrypt ?? 0, work: spent });
    return matches;
  }

  /** Whether a stored hash has a foreign format or a lower cost than the configured one. */
  needsUpgrade(stored: string): boolean {
    const known = this.read(stored);
    if (known === undefined) return false;
    const { work, isOurs } = known;
    if (work?.family !== 'bcrypt') return true;
    return work.amount < 2 ** this.cost || (!isOurs && work.amount === 2 ** this.cost);
  }

  private read(stored: string | null | undefined): StoredHash | undefined {
    return readStoredHash(stored ?? '', this.highestCost);
  }
}
