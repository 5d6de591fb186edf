import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { AppError } from '../../common/errors/app-error';
import { AuthConfig } from '../../config/auth.config';
import { normalisePassword } from './password-text';

type Job =
  | { readonly task: 'hash'; readonly password: string; readonly cost: number }
  | { readonly task: 'verify'; readonly password: string; readonly stored: string };

/** The two forms that the worker makes and reads: bcrypt, and Passlib's bcrypt_sha256. */
const HASH =
  /^(?:\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}|\$bcrypt-sha256\$v=2,t=2b,r=(?<longCost>\d{1,2})\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31})$/;

/** Seconds for which a client had better stay away when the queue is full. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Hashes and checks passwords with bcrypt in worker threads: bcryptjs would stop the event loop for a fifth of a
 * second each time. The queue is bounded; when it is full the answer is `overloaded`.
 */
@Injectable()
export class PasswordHasher implements OnApplicationBootstrap, OnModuleDestroy {
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

  /** Makes the decoy before the first login, so that this one takes no longer than others. */
  onApplicationBootstrap(): void {
    this.decoyHash().catch(() => undefined); // then the first login makes it
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

  /** Whether the password is the one of the stored hash; without one, or with a text that is none, false in the same time. */
  async verify(password: string, stored: string | null | undefined): Promise<boolean> {
    const storedCost = costOf(stored);
    const hash = storedCost === undefined ? undefined : stored;
    const matches = await this.run({
      task: 'verify',
      password: normalisePassword(password),
      stored: hash ?? (await this.decoyHash()),
    });
    if (matches !== true && storedCost !== undefined) await this.makeUp(storedCost);
    return matches === true && typeof hash === 'string';
  }

  /**
   * Spends what a check at today's cost would have taken beyond one at a lower cost, so that a wrong password for an old
   * hash takes as long as one for an unknown address: 2^c for each cost c between adds up to the difference.
   */
  private async makeUp(storedCost: number): Promise<void> {
    for (let cost = storedCost; cost < this.cost; cost++) {
      await this.run({ task: 'hash', password: 'spent', cost });
    }
  }

  /** Whether a stored hash was made at a lower cost than today's. */
  needsUpgrade(stored: string): boolean {
    return (costOf(stored) ?? this.cost) < this.cost;
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

/** The cost of a stored hash; undefined when the text is no hash that bcrypt can compute. */
function costOf(stored: string | null | undefined): number | undefined {
  const { cost, longCost } = HASH.exec(stored ?? '')?.groups ?? {};
  const value = Number(cost ?? longCost);
  return value >= 4 && value <= 31 ? value : undefined;
}
