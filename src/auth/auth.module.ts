import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { Clock, SystemClock } from '../common/clock';
import { DomainsModule } from '../domains/domains.module';
import { IdentityModule } from '../identity/identity.module';
import { TeamsModule } from '../teams/teams.module';
import { SessionsModule } from '../sessions/sessions.module';
import { AccountsService } from './accounts.service';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { DevHeaderIdentities } from './dev-header-identities';
import { CompositeAuthGuard } from './guards/composite-auth.guard';
import { AccountLinkingService } from './oidc/account-linking.service';
import { KeySets } from './oidc/keys/key-sets';
import { ProviderFollowingService } from './oidc/provider-following.service';
import { ProviderIdentitiesService } from './oidc/provider-identities.service';
import { ProviderIdentitiesReader } from './oidc/provider-identities.reader';
import { ProviderSignOutService } from './oidc/provider-sign-out.service';
import { ProviderTokens } from './oidc/provider-tokens';
import { Providers } from './oidc/providers';
import { SubjectClaimsService } from './oidc/subject-claims.service';
import { UnexpectedClaims } from './oidc/unexpected-claims';
import { UserIdentitiesRepository } from './oidc/user-identities.repository';
import { PasswordChangeService } from './password-change.service';
import { PasswordBlocklist } from './passwords/password-blocklist';
import { PasswordHasher } from './passwords/password-hasher';
import { PasswordPolicy } from './passwords/password-policy';
import { StoredCosts } from './passwords/stored-costs';
import { Principals } from './principals';
import { ReauthenticationService } from './reauthentication.service';
import { SessionEndingsController } from './session-endings.controller';
import { SessionEndingsService } from './session-endings.service';
import { SessionIdentityReader } from './session-identity.reader';
import { SessionTokensController } from './session-tokens.controller';
import { SessionTokensService } from './session-tokens.service';
import { SignInPolicy } from './sign-in-policy';
import { DevHeaderStrategy } from './strategies/dev-header.strategy';
import { LocalJwtStrategy } from './strategies/local-jwt.strategy';
import { OidcStrategy } from './strategies/oidc.strategy';
import { TokenAuthenticator } from './token-authenticator';
import { AccessTokens } from './tokens/access-tokens';
import { LocalKeys } from './tokens/local-keys';
import { UnprovenAccountsService } from './unproven-accounts.service';
import { ValidateLane } from './validate-lane';
import { WellKnownController } from './well-known.controller';

/** Who may come in: registration, sign-in, tokens, and the guard of the whole application. */
@Module({
  imports: [
    DomainsModule,
    IdentityModule,
    SessionsModule,
    TeamsModule,
    PassportModule,
    JwtModule.register({}),
  ],
  controllers: [AuthController, SessionEndingsController, SessionTokensController, WellKnownController],
  providers: [
    { provide: APP_GUARD, useClass: CompositeAuthGuard },
    { provide: Clock, useClass: SystemClock },
    AccessTokens,
    AccountLinkingService,
    AccountsService,
    AuthService,
    DevHeaderIdentities,
    DevHeaderStrategy,
    KeySets,
    LocalJwtStrategy,
    OidcStrategy,
    LocalKeys,
    PasswordChangeService,
    PasswordBlocklist,
    PasswordHasher,
    PasswordPolicy,
    Principals,
    ProviderFollowingService,
    ProviderIdentitiesService,
    ProviderIdentitiesReader,
    ProviderSignOutService,
    ProviderTokens,
    Providers,
    ReauthenticationService,
    SessionEndingsService,
    SessionIdentityReader,
    SessionTokensService,
    SignInPolicy,
    StoredCosts,
    SubjectClaimsService,
    TokenAuthenticator,
    UnprovenAccountsService,
    ValidateLane,
    UnexpectedClaims,
    UserIdentitiesRepository,
  ],
  exports: [AuthService, PasswordHasher],
})
export class AuthModule {}
