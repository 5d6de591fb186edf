import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { JobsService, type PeriodicJob } from '../jobs/jobs.service';
import { IdempotencyKeysRepository } from './idempotency-keys.repository';

/** Rows that one step removes at most. */
const BATCH = 500;

/** The job that removes answers which are kept no longer (R69). */
@Injectable()
export class IdempotencyCleanupService implements PeriodicJob, OnApplicationBootstrap {
  readonly name = 'idempotency-cleanup';
  readonly lock = ADVISORY_LOCKS.idempotencyCleanup;
  readonly intervalMs: number;

  constructor(
    private readonly jobs: JobsService,
    private readonly keys: IdempotencyKeysRepository,
    config: SessionConfig,
  ) {
    this.intervalMs = config.cleanupIntervalSeconds * 1000;
  }

  onApplicationBootstrap(): void {
    this.jobs.schedule(this);
  }

  async step(manager: EntityManager): Promise<boolean> {
    return (await this.keys.deleteExpired(BATCH, manager)) === BATCH;
  }
}
