import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { PasswordConfig } from '../config/password.config';
import type { HashCheck, HashFamily, HashWork } from './hash-formats';
import { HashQueue } from './hash-queue';
import { normalisePassword } from './password-text';
import { readStoredHash, type StoredHash } from './stored-hash';

/** What a worker is asked to do (`password-worker.cjs`). */
type Job =
  | { readonly task: 'hash'; readonly password: string; readonly cost: number }
  | {
      readonly task: 'verify';
      readonly password: string;
      /** Absent: there is none, and nothing matches. */
      readonly check: HashCheck | undefined;
      readonly work: HashWork | undefined;
      readonly mayMatch: boolean;
      /** A check that fails does as much work as this, of each family. */
      readonly failureWork: Work;
    };

/** Work of each family. */
type Work = Readonly<Partial<Record<HashFamily, number>>>;

/** What a check of a password came to, and the work that it took. */
interface Checked {
  readonly matches: boolean;
  readonly spent: Work;
}

/** A stored hash may cost so many steps more than today's; what costs more is no hash. */
const MAX_COST_ABOVE = 2;

/**
 * Hashes passwords with bcrypt, and checks them against hashes of this service and of others, in worker threads: bcryptjs would
 * stop the event loop for a fifth of a second each time.
 *
 * A check that fails takes the same work whatever is stored: as much as the costliest hash of each family that is known to be
 * stored anywhere. What a check leaves of that, the worker makes up.
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

  /** Tells the work of a hash that is stored somewhere: checks that fail take as long from now on. */
  noticeStoredWork({ family, amount }: HashWork): void {
    if (amount > (this.failureWork[family] ?? 0))
      this.failureWork = { ...this.failureWork, [family]: amount };
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

  /** Whether a stored hash is of another service's format, or was made at a lower cost than today's. */
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
