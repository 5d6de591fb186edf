import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module';
import { VerificationCodesRepository } from './verification-codes.repository';
import { VerificationCodes } from './verification-codes.service';

/** Codes that prove an address or open an account. */
@Module({
  imports: [UsersModule],
  providers: [VerificationCodes, VerificationCodesRepository],
  exports: [VerificationCodes],
})
export class VerificationModule {}
