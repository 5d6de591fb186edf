import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { AppError } from '../../common/errors/app-error';
import { AuthConfig } from '../../config/auth.config';
import { normalisePassword } from './password-text';

type Job =
  | { readonly task: 'hash'; readonly password: string; readonly cost: number }
  | { readonly task: 'verify'; readonly password: string; readonly stored: string };

/** Seconds for which a client had better stay away when the queue is full. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Hashes and checks passwords with bcrypt in worker threads: bcryptjs would stop the event loop for a fifth of a
 * second each time. The queue is bounded; when it is full the answer is `overloaded`.
 */
@Injectable()
export class PasswordHasher implements OnModuleDestroy {
  private readonly pool: Piscina<Job, string | boolean>;
  private readonly cost: number;
  /** Compared with when there is no stored hash, so that the answer takes as long. */
  private decoy: Promise<string> | undefined;

  constructor({ passwords }: AuthConfig) {
    this.cost = passwords.hashCost;
    this.pool = new Piscina({
      filename: join(__dirname, 'password-worker.cjs'),
      minThreads: passwords.hashWorkers,
      maxThreads: passwords.hashWorkers,
      maxQueue: passwords.hashQueue,
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.pool.destroy();
  }

  async hash(password: string): Promise<string> {
    return (await this.run({
      task: 'hash',
      password: normalisePassword(password),
      cost: this.cost,
    })) as string;
  }

  /** Whether the password is the one of the stored hash; without a stored hash false, in the same time. */
  async verify(password: string, stored: string | null | undefined): Promise<boolean> {
    const hash = stored ?? (await this.decoyHash());
    const matches = await this.run({ task: 'verify', password: normalisePassword(password), stored: hash });
    return matches === true && typeof stored === 'string';
  }

  /** Whether a stored hash was made at a lower cost than today's. */
  needsUpgrade(stored: string): boolean {
    const cost =
      /^\$2[aby]\$(\d\d)\$/.exec(stored)?.[1] ?? /^\$bcrypt-sha256\$v=2,t=2b,r=(\d+)\$/.exec(stored)?.[1];
    return cost !== undefined && Number(cost) < this.cost;
  }

  /** Made before the first login, so that this one takes no longer than others. */
  prepareDecoy(): Promise<string> {
    return this.decoyHash();
  }

  private decoyHash(): Promise<string> {
    this.decoy ??= this.hash('a password that nobody has').catch((error: unknown) => {
      this.decoy = undefined;
      throw error;
    });
    return this.decoy;
  }

  private async run(job: Job): Promise<string | boolean> {
    // Piscina counts what waits in `queueSize` and refuses with an error that has no code of its own.
    if (this.pool.queueSize >= this.pool.options.maxQueue) {
      throw new AppError('overloaded', { reason: 'password queue', retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    return this.pool.run(job);
  }
}
