import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { SessionConfig } from '../config/session.config';
import { ADVISORY_LOCKS, tryLockForTransaction } from '../database/advisory-locks';
import { Database } from '../database/database';
import { ExpiredSessionsRepository } from './expired-sessions.repository';
import { EndedProviderTokensRepository } from './ended-provider-tokens.repository';

/** Rows that one transaction removes of a table at most. */
const BATCH = 500;
const MAX_BATCHES = 200;
/** The next run comes this soon when one did not come to its end. */
const RESUME_MS = 10_000;
/** The first run comes within this time of the start, so that a service that is often restarted cleans up as well. */
const FIRST_RUN_WITHIN_MS = 60_000;

interface Removed {
  readonly sessions: number;
  readonly tokens: number;
  readonly providerTokens: number;
}

/**
 * Removes dead sessions with their used tokens, and ended tokens of providers that have expired, now and then, in small
 * batches, one process at a time.
 */
@Injectable()
export class SessionCleanup implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Cleanup');
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly sessions: ExpiredSessionsRepository,
    private readonly ended: EndedProviderTokensRepository,
    private readonly config: SessionConfig,
  ) {}

  onApplicationBootstrap(): void {
    // At random, so that replicas that start together do not clean up together.
    this.schedule(Math.random() * Math.min(FIRST_RUN_WITHIN_MS, this.intervalMs));
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.underWay;
  }

  private get intervalMs(): number {
    return this.config.cleanupIntervalSeconds * 1000;
  }

  private schedule(delayMs: number): void {
    if (this.stopping) return;
    this.timer = setTimeout(() => {
      this.underWay = this.tick().then((isDone) =>
        this.schedule(isDone ? this.intervalMs : Math.min(RESUME_MS, this.intervalMs)),
      );
    }, delayMs);
    this.timer.unref();
  }

  /**
   * Removes what is dead, used tokens first, until nothing is left or another process is at it; answers false when there was
   * more than one run takes.
   */
  private async run(): Promise<boolean> {
    const removed = { sessions: 0, tokens: 0, providerTokens: 0 };
    try {
      for (let batch = 0; batch < MAX_BATCHES && !this.stopping; batch++) {
        const batch = await this.removeBatch();
        removed.sessions += batch.sessions;
        removed.tokens += batch.tokens;
        removed.providerTokens += batch.providerTokens;
        if (Object.values(batch).every((count) => count < BATCH)) return true;
      }
      return false;
    } finally {
      const { sessions, tokens, providerTokens } = removed;
      if (sessions > 0 || tokens > 0 || providerTokens > 0) {
        this.logger.log({ msg: 'dead sessions removed', sessions, tokens, provider_tokens: providerTokens });
      }
    }
  }

  private removeBatch(): Promise<Removed> {
    return this.database.transaction(async (manager) => {
      const isLeader = await tryLockForTransaction(ADVISORY_LOCKS.sessionCleanup, manager);
      if (!isLeader) return { sessions: 0, tokens: 0, providerTokens: 0 };
      const providerTokens = await this.ended.deleteExpired(BATCH, manager);
      const dead = await this.sessions.findLongDead(BATCH, manager);
      if (dead.length === 0) return { sessions: 0, tokens: 0, providerTokens };
      const tokens = await this.sessions.deleteUsedTokens(dead, BATCH, manager);
      const sessions = tokens < BATCH ? await this.sessions.delete(dead, manager) : 0;
      return { sessions, tokens, providerTokens };
    });
  }

  private async tick(): Promise<boolean> {
    try {
      return await this.run();
    } catch (error) {
      this.logger.warn({ msg: 'dead sessions could not be removed', err: error });
      return false;
    }
  }
}
