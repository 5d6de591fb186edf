import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { ExpiredLimitsRepository } from './expired-limits.repository';
import { GuessLimitsRepository } from './guess-limits.repository';
import { LimitsCleanupService } from './limits-cleanup.service';
import { LimitsService } from './limits.service';
import { RequestLimitsRepository } from './request-limits.repository';

/** Limits of guesses and requests. */
@Module({
  imports: [JobsModule],
  providers: [
    ExpiredLimitsRepository,
    GuessLimitsRepository,
    LimitsCleanupService,
    LimitsService,
    RequestLimitsRepository,
  ],
  exports: [LimitsService],
})
export class LimitsModule {}
