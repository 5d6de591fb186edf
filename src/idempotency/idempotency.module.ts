import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { IdempotencyCleanupService } from './idempotency-cleanup.service';
import { IdempotencyKeysRepository } from './idempotency-keys.repository';
import { IdempotencyService } from './idempotency.service';

/** Requests that may be repeated. */
@Module({
  imports: [JobsModule],
  providers: [IdempotencyCleanupService, IdempotencyKeysRepository, IdempotencyService],
  exports: [IdempotencyService],
})
export class IdempotencyModule {}
