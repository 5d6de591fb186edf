import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PassportModule } from '@nestjs/passport';
import type { Request } from 'express';
import { FederationModule } from '../federation/federation.module';
import { IdentityModule } from '../identity/identity.module';
import { PasswordsModule } from '../passwords/passwords.module';
import { SessionsModule } from '../sessions/sessions.module';
import { TokensModule } from '../tokens/tokens.module';
import { AccessTokenPrincipalResolver } from './access-token-principal.resolver';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { CompositeAuthGuard } from './guards/composite-auth.guard';
import { SessionEndingsController } from './session-endings.controller';
import { SessionEndingsService } from './session-endings.service';
import { DevHeaderStrategy } from './strategies/dev-header.strategy';
import { LocalJwtStrategy } from './strategies/local-jwt.strategy';
import { OidcStrategy } from './strategies/oidc.strategy';
import { TokenAuthenticator } from './token-authenticator';
import { TokenController } from './token.controller';
import { TokenService } from './token.service';

/** Registration, sign-in and sign-out, and the guard of the whole application. */
@Module({
  imports: [
    FederationModule,
    IdentityModule,
    PassportModule.register({ property: 'principal' satisfies keyof Request }),
    PasswordsModule,
    SessionsModule,
    TokensModule,
  ],
  controllers: [AuthController, SessionEndingsController, TokenController],
  providers: [
    { provide: APP_GUARD, useClass: CompositeAuthGuard },
    AccessTokenPrincipalResolver,
    AuthService,
    DevHeaderStrategy,
    LocalJwtStrategy,
    OidcStrategy,
    SessionEndingsService,
    TokenAuthenticator,
    TokenService,
  ],
  exports: [AuthService, PasswordsModule],
})
export class AuthModule {}
