import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { JobsService, type PeriodicJob } from '../jobs/jobs.service';
import { EndedServiceTokensRepository } from './ended-service-tokens.repository';

/** Rows that one step removes at most. */
const BATCH = 500;

/** The job that removes revoked service tokens which have expired (R69). */
@Injectable()
export class EndedServiceTokensCleanupService implements PeriodicJob, OnApplicationBootstrap {
  readonly name = 'ended-service-tokens-cleanup';
  readonly lock = ADVISORY_LOCKS.endedServiceTokensCleanup;
  readonly intervalMs: number;

  constructor(
    private readonly jobs: JobsService,
    private readonly ended: EndedServiceTokensRepository,
    config: SessionConfig,
  ) {
    this.intervalMs = config.cleanupIntervalSeconds * 1000;
  }

  onApplicationBootstrap(): void {
    this.jobs.schedule(this);
  }

  async step(manager: EntityManager): Promise<boolean> {
    return (await this.ended.deleteExpired(BATCH, manager)) === BATCH;
  }
}
