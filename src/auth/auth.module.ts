import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { Clock, SystemClock } from '../common/clock';
import { IdentityModule } from '../identity/identity.module';
import { AccountsService } from './accounts.service';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { DevHeaderIdentities } from './dev-header-identities';
import { CompositeAuthGuard } from './guards/composite-auth.guard';
import { PasswordBlocklist } from './passwords/password-blocklist';
import { PasswordHasher } from './passwords/password-hasher';
import { PasswordPolicy } from './passwords/password-policy';
import { Principals } from './principals';
import { DevHeaderStrategy } from './strategies/dev-header.strategy';
import { LocalJwtStrategy } from './strategies/local-jwt.strategy';
import { TokenAuthenticator } from './token-authenticator';
import { AccessTokens } from './tokens/access-tokens';

/** Who may come in: registration, sign-in, tokens, and the guard of the whole application. */
@Module({
  imports: [IdentityModule, PassportModule, JwtModule.register({})],
  controllers: [AuthController],
  providers: [
    { provide: APP_GUARD, useClass: CompositeAuthGuard },
    { provide: Clock, useClass: SystemClock },
    AccessTokens,
    AccountsService,
    AuthService,
    DevHeaderIdentities,
    DevHeaderStrategy,
    LocalJwtStrategy,
    PasswordBlocklist,
    PasswordHasher,
    PasswordPolicy,
    Principals,
    TokenAuthenticator,
  ],
})
export class AuthModule {}
