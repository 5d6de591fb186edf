import { Module } from '@nestjs/common';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { cleanup } from '../jobs/cleanup';
import { JobsModule } from '../jobs/jobs.module';
import { IdempotencyKeysRepository } from './idempotency-keys.repository';
import { IdempotencyService } from './idempotency.service';

/** Requests that may be repeated. */
@Module({
  imports: [JobsModule],
  providers: [
    IdempotencyKeysRepository,
    IdempotencyService,
    cleanup({
      name: 'idempotency-cleanup',
      lock: ADVISORY_LOCKS.idempotencyCleanup,
      repository: IdempotencyKeysRepository,
      deletions: (keys) => [(limit, manager) => keys.deleteExpired(limit, manager)],
    }),
  ],
  exports: [IdempotencyService],
})
export class IdempotencyModule {}
