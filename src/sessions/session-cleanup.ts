import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SessionConfig } from '../config/session.config';
import { Database } from '../database/database';
import { SessionsRepository } from './sessions.repository';

/** Any number will do, as long as every process takes the same. */
const CLEANUP_LOCK_KEY = 4_815_162_343;
const BATCH = 500;
const MAX_BATCHES = 200;

/** Removes dead sessions now and then, in small batches, one process at a time. */
@Injectable()
export class SessionCleanup implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Cleanup');
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly sessions: SessionsRepository,
    private readonly config: SessionConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(
      () => (this.underWay ??= this.tick()),
      this.config.cleanupIntervalSeconds * 1000,
    );
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.underWay;
  }

  /** Removes what is dead until nothing is left or another process is at it; answers how many sessions went. */
  async run(): Promise<number> {
    let removed = 0;
    for (let batch = 0; batch < MAX_BATCHES && !this.stopping; batch++) {
      const count = await this.removeBatch();
      removed += count;
      if (count < BATCH) break;
    }
    if (removed > 0) this.logger.log({ msg: 'dead sessions removed', sessions: removed });
    return removed;
  }

  private removeBatch(): Promise<number> {
    return this.database.transaction(async (manager) => {
      const [lock] = await manager.query<[{ taken: boolean }]>(
        'SELECT pg_try_advisory_xact_lock($1) AS taken',
        [CLEANUP_LOCK_KEY],
      );
      return lock.taken ? this.sessions.deleteDead(BATCH, manager) : 0;
    });
  }

  private async tick(): Promise<void> {
    try {
      await this.run();
    } catch (error) {
      this.logger.warn({ msg: 'dead sessions could not be removed', err: error });
    } finally {
      this.underWay = undefined;
    }
  }
}
