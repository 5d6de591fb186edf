import { Module } from '@nestjs/common';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { cleanup } from '../jobs/cleanup';
import { JobsModule } from '../jobs/jobs.module';
import { UsersModule } from '../users/users.module';
import { VerificationCodesRepository } from './verification-codes.repository';
import { VerificationCodes } from './verification-codes.service';

/** Codes that prove an address or open an account. */
@Module({
  imports: [JobsModule, UsersModule],
  providers: [
    VerificationCodes,
    VerificationCodesRepository,
    cleanup({
      name: 'verification-cleanup',
      lock: ADVISORY_LOCKS.verificationCleanup,
      repository: VerificationCodesRepository,
      deletions: (codes) => [(limit, manager) => codes.deleteExpired(limit, manager)],
    }),
  ],
  exports: [VerificationCodes],
})
export class VerificationModule {}
