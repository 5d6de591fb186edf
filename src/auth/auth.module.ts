import { Module, type FactoryProvider } from '@nestjs/common';
import { APP_GUARD, ModuleRef } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import type { Request } from 'express';
import { DevelopmentConfig } from '../config/development.config';
import { FederationConfig } from '../config/federation.config';
import { FederationModule } from '../federation/federation.module';
import { IdentityModule } from '../identity/identity.module';
import { MailModule } from '../mail/mail.module';
import { PasswordsModule } from '../passwords/passwords.module';
import { ServiceAccountsModule } from '../service-accounts/service-accounts.module';
import { SessionsModule } from '../sessions/sessions.module';
import { TokensModule } from '../tokens/tokens.module';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { CompositeAuthGuard } from './guards/composite-auth.guard';
import { PasswordEnrolmentService } from './password-enrolment.service';
import { RefreshService } from './refresh.service';
import { SessionEndingsController } from './session-endings.controller';
import { SessionEndingsService } from './session-endings.service';
import { SignInSessions } from './sign-in-sessions.service';
import { SignInMails } from './sign-in-mails.service';
import { SignOutService } from './sign-out.service';
import { strategyChain } from './strategies/strategy-chain';
import { TokenController } from './token.controller';
import { TokenValidationModule } from './token-validation.module';

/** Only the strategies of the chain: constructing one registers it with passport. */
const strategies: FactoryProvider<unknown[]> = {
  provide: Symbol('strategies'),
  inject: [DevelopmentConfig, FederationConfig, ModuleRef],
  useFactory: (development: DevelopmentConfig, federation: FederationConfig, modules: ModuleRef) =>
    Promise.all(
      strategyChain(development, federation).map(({ strategy }) => modules.create<unknown>(strategy)),
    ),
};

/** Registration, sign-in, sign-out, and the guard of the whole application. */
@Module({
  imports: [
    FederationModule,
    IdentityModule,
    MailModule,
    PassportModule.register({ property: 'principal' satisfies keyof Request }),
    PasswordsModule,
    ServiceAccountsModule,
    SessionsModule,
    TokenValidationModule,
    TokensModule,
  ],
  controllers: [AuthController, SessionEndingsController, TokenController],
  providers: [
    { provide: APP_GUARD, useClass: CompositeAuthGuard },
    AuthService,
    PasswordEnrolmentService,
    SignInMails,
    SignInSessions,
    RefreshService,
    SessionEndingsService,
    SignOutService,
    strategies,
  ],
  exports: [
    ...[AuthService, PasswordEnrolmentService, PasswordsModule],
    ...[SignOutService, TokenValidationModule],
  ],
})
export class AuthModule {}
