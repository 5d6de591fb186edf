import { Module } from '@nestjs/common';
import { IdentityModule } from '../identity/identity.module';
import { LimitsModule } from '../limits/limits.module';
import { SessionsModule } from '../sessions/sessions.module';
import { TokensModule } from '../tokens/tokens.module';
import { MailModule } from '../mail/mail.module';
import { VerificationModule } from '../verification/verification.module';
import { Activations } from './activations.service';
import { NewPasswordsService } from './new-passwords.service';
import { PasswordAuthenticator } from './password-authenticator';
import { PasswordChangeService } from './password-change.service';
import { PasswordHasher } from './password-hasher';
import { PasswordPolicyModule } from './password-policy.module';
import { PasswordRegistrationService } from './password-registration.service';
import { ReauthenticationService } from './reauthentication.service';
import { SignInPolicy } from './sign-in-policy';
import { StoredCosts } from './stored-costs';

/** Passwords: hash, policy, authentication and change. */
@Module({
  imports: [
    IdentityModule,
    LimitsModule,
    MailModule,
    PasswordPolicyModule,
    SessionsModule,
    TokensModule,
    VerificationModule,
  ],
  providers: [
    Activations,
    NewPasswordsService,
    PasswordAuthenticator,
    PasswordChangeService,
    PasswordHasher,
    PasswordRegistrationService,
    ReauthenticationService,
    SignInPolicy,
    StoredCosts,
  ],
  exports: [
    NewPasswordsService,
    PasswordAuthenticator,
    PasswordChangeService,
    PasswordHasher,
    PasswordRegistrationService,
    ReauthenticationService,
    SignInPolicy,
  ],
})
export class PasswordsModule {}
