import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SessionConfig } from '../config/session.config';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { JobsService, type PeriodicJob } from '../jobs/jobs.service';
import { VerificationCodes } from '../verification/verification-codes.service';
import { MailsRepository } from './mails.repository';

/** Maximum number of rows that one step deletes per table. */
const BATCH = 500;

/** Deletes mails a day after they ended, and codes that nobody can use any more (R69). */
@Injectable()
export class MailCleanupService implements PeriodicJob, OnApplicationBootstrap {
  readonly name = 'mail-cleanup';
  readonly lock = ADVISORY_LOCKS.mailCleanup;
  readonly intervalMs: number;

  constructor(
    private readonly jobs: JobsService,
    private readonly mails: MailsRepository,
    private readonly codes: VerificationCodes,
    config: SessionConfig,
  ) {
    this.intervalMs = config.cleanupIntervalSeconds * 1000;
  }

  onApplicationBootstrap(): void {
    this.jobs.schedule(this);
  }

  async step(manager: EntityManager): Promise<boolean> {
    const mails = await this.mails.deleteEnded(BATCH, manager);
    const codes = await this.codes.removeExpired(BATCH, manager);
    return mails === BATCH || codes === BATCH;
  }
}
