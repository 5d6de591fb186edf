import { Module } from '@nestjs/common';
import { IdentityModule } from '../identity/identity.module';
import { LimitsModule } from '../limits/limits.module';
import { MailModule } from '../mail/mail.module';
import { PasswordsModule } from '../passwords/passwords.module';
import { SessionsModule } from '../sessions/sessions.module';
import { TokensModule } from '../tokens/tokens.module';
import { VerificationModule } from '../verification/verification.module';
import { AccountRecovery } from './account-recovery.service';
import { CodeUse } from './code-use.service';
import { EmailChangeRequestService } from './email-change-request.service';
import { EmailChangeService } from './email-change.service';
import { EmailUndoService } from './email-undo.service';
import { EmailVerificationService } from './email-verification.service';
import { EmailController } from './email.controller';
import { PasswordResetController } from './password-reset.controller';
import { PasswordResetService } from './password-reset.service';

/** Proof of address, recovery of accounts, and changes of address, by codes in mails. */
@Module({
  imports: [
    IdentityModule,
    LimitsModule,
    MailModule,
    PasswordsModule,
    SessionsModule,
    TokensModule,
    VerificationModule,
  ],
  controllers: [EmailController, PasswordResetController],
  providers: [
    AccountRecovery,
    CodeUse,
    EmailChangeRequestService,
    EmailChangeService,
    EmailUndoService,
    EmailVerificationService,
    PasswordResetService,
  ],
  exports: [EmailChangeService, EmailUndoService, EmailVerificationService, PasswordResetService],
})
export class RecoveryModule {}
