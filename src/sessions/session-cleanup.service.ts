import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { JobsService, type PeriodicJob } from '../jobs/jobs.service';
import { EndedProviderTokensRepository } from './ended-provider-tokens.repository';
import { ExpiredSessionsRepository } from './expired-sessions.repository';

/** Maximum number of rows that one step deletes per table. */
const BATCH = 500;

/** Numbers of deleted rows. */
interface Removed {
  readonly sessions: number;
  readonly tokens: number;
  readonly providerTokens: number;
}

const NOTHING: Removed = { sessions: 0, tokens: 0, providerTokens: 0 };

/** Deletes sessions that ended or expired more than a day ago with their consumed tokens, and expired ended provider tokens. */
@Injectable()
export class SessionCleanupService implements PeriodicJob, OnApplicationBootstrap {
  readonly name = 'session-cleanup';
  readonly lock = ADVISORY_LOCKS.sessionCleanup;
  readonly intervalMs: number;
  private readonly logger = new Logger('Cleanup');
  /** Deleted by the current run. */
  private removed = NOTHING;

  constructor(
    private readonly jobs: JobsService,
    private readonly sessions: ExpiredSessionsRepository,
    private readonly ended: EndedProviderTokensRepository,
    config: SessionConfig,
  ) {
    this.intervalMs = config.cleanupIntervalSeconds * 1000;
  }

  onApplicationBootstrap(): void {
    this.jobs.schedule(this);
  }

  async step(manager: EntityManager): Promise<boolean> {
    const batch = await this.removeBatch(manager);
    const { sessions, tokens, providerTokens } = this.removed;
    this.removed = {
      sessions: sessions + batch.sessions,
      tokens: tokens + batch.tokens,
      providerTokens: providerTokens + batch.providerTokens,
    };
    return Object.values(batch).includes(BATCH);
  }

  runEnded(): void {
    const { sessions, tokens, providerTokens } = this.removed;
    this.removed = NOTHING;
    if (sessions + tokens + providerTokens === 0) return;
    this.logger.log({ msg: 'dead sessions removed', sessions, tokens, provider_tokens: providerTokens });
  }

  /** Deletes consumed tokens first: one session can have thousands. */
  private async removeBatch(manager: EntityManager): Promise<Removed> {
    const providerTokens = await this.ended.deleteExpired(BATCH, manager);
    const ids = await this.sessions.findExpired(BATCH, manager);
    if (ids.length === 0) return { ...NOTHING, providerTokens };
    const tokens = await this.sessions.deleteConsumedTokens(ids, BATCH, manager);
    const sessions = tokens < BATCH ? await this.sessions.delete(ids, manager) : 0;
    return { sessions, tokens, providerTokens };
  }
}
