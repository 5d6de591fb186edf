import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { JobsService, type PeriodicJob } from '../jobs/jobs.service';
import { ExpiredLimitsRepository } from './expired-limits.repository';

/** Rows that one step removes at most, per table. */
const BATCH = 500;

/** The job that removes counters that decide nothing any more (R69). */
@Injectable()
export class LimitsCleanupService implements PeriodicJob, OnApplicationBootstrap {
  readonly name = 'limits-cleanup';
  readonly lock = ADVISORY_LOCKS.limitsCleanup;
  readonly intervalMs: number;

  constructor(
    private readonly jobs: JobsService,
    private readonly expired: ExpiredLimitsRepository,
    config: SessionConfig,
  ) {
    this.intervalMs = config.cleanupIntervalSeconds * 1000;
  }

  onApplicationBootstrap(): void {
    this.jobs.schedule(this);
  }

  async step(manager: EntityManager): Promise<boolean> {
    const removed = [
      await this.expired.deleteWindows(BATCH, manager),
      await this.expired.deleteGuesses(BATCH, manager),
      await this.expired.deleteSurplusGuesses(BATCH, manager),
    ];
    return removed.includes(BATCH);
  }
}
