import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { Clock, SystemClock } from '../common/clock';
import { IdentityModule } from '../identity/identity.module';
import { SessionsModule } from '../sessions/sessions.module';
import { AccountsService } from './accounts.service';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { DevHeaderIdentities } from './dev-header-identities';
import { CompositeAuthGuard } from './guards/composite-auth.guard';
import { PasswordChangeService } from './password-change.service';
import { PasswordBlocklist } from './passwords/password-blocklist';
import { PasswordHasher } from './passwords/password-hasher';
import { PasswordPolicy } from './passwords/password-policy';
import { Principals } from './principals';
import { SessionIdentityReader } from './session-identity.reader';
import { SessionTokensController } from './session-tokens.controller';
import { SessionTokensService } from './session-tokens.service';
import { DevHeaderStrategy } from './strategies/dev-header.strategy';
import { LocalJwtStrategy } from './strategies/local-jwt.strategy';
import { TokenAuthenticator } from './token-authenticator';
import { AccessTokens } from './tokens/access-tokens';
import { LocalKeys } from './tokens/local-keys';
import { WellKnownController } from './well-known.controller';

/** Who may come in: registration, sign-in, tokens, and the guard of the whole application. */
@Module({
  imports: [IdentityModule, SessionsModule, PassportModule, JwtModule.register({})],
  controllers: [AuthController, SessionTokensController, WellKnownController],
  providers: [
    { provide: APP_GUARD, useClass: CompositeAuthGuard },
    { provide: Clock, useClass: SystemClock },
    AccessTokens,
    AccountsService,
    AuthService,
    DevHeaderIdentities,
    DevHeaderStrategy,
    LocalJwtStrategy,
    LocalKeys,
    PasswordChangeService,
    PasswordBlocklist,
    PasswordHasher,
    PasswordPolicy,
    Principals,
    SessionIdentityReader,
    SessionTokensService,
    TokenAuthenticator,
  ],
})
export class AuthModule {}
