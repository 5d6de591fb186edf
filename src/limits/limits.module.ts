import { Module } from '@nestjs/common';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { cleanup } from '../jobs/cleanup';
import { JobsModule } from '../jobs/jobs.module';
import { ExpiredLimitsRepository } from './expired-limits.repository';
import { GuessLimitsRepository } from './guess-limits.repository';
import { LimitsService } from './limits.service';
import { RequestLimitsRepository } from './request-limits.repository';

/** Limits of guesses and requests. */
@Module({
  imports: [JobsModule],
  providers: [
    ExpiredLimitsRepository,
    GuessLimitsRepository,
    LimitsService,
    RequestLimitsRepository,
    cleanup({
      name: 'limits-cleanup',
      lock: ADVISORY_LOCKS.limitsCleanup,
      repository: ExpiredLimitsRepository,
      deletions: (expired) => [
        (limit, manager) => expired.deleteWindows(limit, manager),
        (limit, manager) => expired.deleteGuesses(limit, manager),
        (limit, manager) => expired.deleteSurplusGuesses(limit, manager),
      ],
    }),
  ],
  exports: [LimitsService],
})
export class LimitsModule {}
