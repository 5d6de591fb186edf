import { Module } from '@nestjs/common';
import { DomainsModule } from '../domains/domains.module';
import { IdempotencyModule } from '../idempotency/idempotency.module';
import { IdentityModule } from '../identity/identity.module';
import { MailModule } from '../mail/mail.module';
import { PasswordsModule } from '../passwords/passwords.module';
import { SessionsModule } from '../sessions/sessions.module';
import { TeamsModule } from '../teams/teams.module';
import { VerificationModule } from '../verification/verification.module';
import { ActivationCodes } from './activation-codes.service';
import { UserActivationService } from './user-activation.service';
import { ManagedUsersRepository } from './managed-users.repository';
import { SelfController } from './self.controller';
import { SelfService } from './self.service';
import { UserAdministrationService } from './user-administration.service';
import { UserCreationService } from './user-creation.service';
import { UserLookupController } from './user-lookup.controller';
import { UserOnboardingController } from './user-onboarding.controller';
import { UserOnboardingService } from './user-onboarding.service';
import { UserSessionsController } from './user-sessions.controller';
import { UserSessionsService } from './user-sessions.service';
import { UsersController } from './users.controller';

/** The administration of users, over their sessions, identities and passwords. */
@Module({
  imports: [
    DomainsModule,
    IdempotencyModule,
    IdentityModule,
    MailModule,
    PasswordsModule,
    SessionsModule,
    TeamsModule,
    VerificationModule,
  ],
  // `/users/me` and `/users/lookup` come before `/users/:id`.
  controllers: [
    SelfController,
    UserLookupController,
    UserOnboardingController,
    UserSessionsController,
    UsersController,
  ],
  providers: [
    ActivationCodes,
    UserActivationService,
    ManagedUsersRepository,
    SelfService,
    UserAdministrationService,
    UserCreationService,
    UserOnboardingService,
    UserSessionsService,
  ],
})
export class AdministrationModule {}
