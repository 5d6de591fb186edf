import { Module, type FactoryProvider } from '@nestjs/common';
import { APP_GUARD, ModuleRef } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import type { Request } from 'express';
import { Clock } from '../common/clock';
import { DevelopmentConfig } from '../config/development.config';
import { FederationConfig } from '../config/federation.config';
import { FederatedIdentityService } from '../federation/federated-identity.service';
import { FederationModule } from '../federation/federation.module';
import { ProviderRegistry } from '../federation/provider-registry';
import { ProviderTokenVerifier } from '../federation/provider-token-verifier';
import { IdentityModule } from '../identity/identity.module';
import { SessionIdentityReader } from '../identity/session-identity.reader';
import { MailModule } from '../mail/mail.module';
import { PasswordsModule } from '../passwords/passwords.module';
import { ServiceAccountsModule } from '../service-accounts/service-accounts.module';
import { SessionsModule } from '../sessions/sessions.module';
import { AccessTokens } from '../tokens/access-tokens';
import { TokensModule } from '../tokens/tokens.module';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { CompositeAuthGuard } from './guards/composite-auth.guard';
import { PasswordEnrolmentService } from './password-enrolment.service';
import { RememberedTokens } from './remembered-tokens';
import { RefreshService } from './refresh.service';
import { ServiceCallers } from './service-callers';
import { SessionEndingsController } from './session-endings.controller';
import { SessionEndingsService } from './session-endings.service';
import { SignInSessions } from './sign-in-sessions.service';
import { SignInMails } from './sign-in-mails.service';
import { SignOutService } from './sign-out.service';
import { strategyChain } from './strategies/strategy-chain';
import { TokenAuthenticator } from './token-authenticator';
import { TokenController } from './token.controller';
import { TokenValidationService } from './token-validation.service';
import { VerifyController } from './verify/verify.controller';
import { VerifyService } from './verify/verify.service';

/** Built by a factory: the class is free of Nest. */
const authenticator: FactoryProvider<TokenAuthenticator> = {
  provide: TokenAuthenticator,
  inject: [
    ProviderRegistry,
    AccessTokens,
    SessionIdentityReader,
    ProviderTokenVerifier,
    FederatedIdentityService,
    Clock,
  ],
  useFactory: (...dependencies: ConstructorParameters<typeof TokenAuthenticator>) =>
    new TokenAuthenticator(...dependencies),
};

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
    TokensModule,
  ],
  controllers: [AuthController, SessionEndingsController, TokenController, VerifyController],
  providers: [
    { provide: APP_GUARD, useClass: CompositeAuthGuard },
    AuthService,
    PasswordEnrolmentService,
    SignInMails,
    SignInSessions,
    RefreshService,
    RememberedTokens,
    SessionEndingsService,
    ServiceCallers,
    SignOutService,
    TokenValidationService,
    VerifyService,
    authenticator,
    strategies,
  ],
  exports: [
    ...[AuthService, PasswordEnrolmentService, PasswordsModule],
    ...[ServiceCallers, SignOutService, TokenAuthenticator],
  ],
})
export class AuthModule {}
