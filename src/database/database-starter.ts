import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { DatabaseConfig } from '../config/database.config';
import { prepareDatabase, type DatabaseCheck } from './migrate';
import { isOutage, lacksPrivilege, outageSentence } from './postgres-errors';
import { checkServer } from './server-check';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

const MAY_NOT_MIGRATE =
  'migrations or seeds are pending that the role of the database may not run: name one that may in AUTH_DATABASE_MIGRATION_URL, ' +
  'or run `npm run seed` with it';

/**
 * Prepares the database while the service already listens: connects with growing pauses, migrates, seeds, opens the pool.
 * Retries after an outage, and while this role may not migrate but another process may; any other error (a broken migration)
 * aborts the start.
 */
@Injectable()
export class DatabaseStarter implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Database');
  private readonly stopping = new AbortController();
  private readonly checks: DatabaseCheck[] = [];
  private starting: Promise<void> | undefined;
  private sessionsChange = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: DatabaseConfig,
  ) {}

  /** Adds a check at the end of each attempt; its error, unless it is an outage, aborts the start. */
  beforeReady(check: DatabaseCheck): void {
    this.checks.push(check);
  }

  /** Resolves when the database is ready; rejects when the start is aborted. */
  get ready(): Promise<void> {
    return (this.starting ??= this.start());
  }

  /** Whether migrations are done and the pool is open. */
  get isReady(): boolean {
    return this.dataSource.isInitialized;
  }

  /** Whether a pooler gives each transaction another session of the server; known when `isReady`. */
  get changesSessions(): boolean {
    return this.sessionsChange;
  }

  onApplicationBootstrap(): void {
    this.ready.catch(() => undefined); // awaiters of `ready` get the error
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.starting?.catch(() => undefined);
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async start(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.stopping.signal.aborted) {
      try {
        return await this.attempt();
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        this.logRetry(error, pause);
        await sleep(pause, undefined, { signal: this.stopping.signal }).catch(() => undefined);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
    }
  }

  /** Throws errors that a retry cannot help. A missing privilege is retried: another process may migrate. */
  private logRetry(error: unknown, pauseMs: number): void {
    const entry = { pause_ms: pauseMs, err: error };
    if (isOutage(error)) this.logger.warn({ msg: `${outageSentence(error)}; trying again`, ...entry });
    else if (lacksPrivilege(error)) this.logger.error({ msg: `${MAY_NOT_MIGRATE}; trying again`, ...entry });
    else throw error;
  }

  private async attempt(): Promise<void> {
    const { url, migrationUrl } = this.config;
    if (url === undefined) throw new Error('the database has no address');
    const { migrations, seeds } = await prepareDatabase(migrationUrl ?? url, {
      servingUrl: migrationUrl === undefined ? undefined : url,
      signal: this.stopping.signal,
      checks: this.checks,
    });
    await this.openPool();
    this.logger.log({
      msg: 'database ready',
      migrations,
      seeded: seeds.filter(({ outcome }) => outcome === 'created').map(({ key }) => key),
    });
  }

  private async openPool(): Promise<void> {
    try {
      await this.dataSource.initialize();
      this.sessionsChange = (await checkServer(this.dataSource)).changesSessions;
    } catch (error) {
      await this.dataSource.driver.disconnect().catch(() => undefined); // closes what was opened before the error
      throw error;
    }
  }
}
