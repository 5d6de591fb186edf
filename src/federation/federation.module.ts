import { Module } from '@nestjs/common';
import { DomainsModule } from '../domains/domains.module';
import { IdentityModule } from '../identity/identity.module';
import { SessionsModule } from '../sessions/sessions.module';
import { TeamsModule } from '../teams/teams.module';
import { TokensModule } from '../tokens/tokens.module';
import { AccountLinkingService } from './account-linking.service';
import { FederatedIdentityService } from './federated-identity.service';
import { JwksModule } from './jwks/jwks.module';
import { ProfileSyncService } from './profile-sync.service';
import { ProviderRegistry } from './provider-registry';
import { ProviderSignOutService } from './provider-sign-out.service';
import { ProviderTokenVerifier } from './provider-token-verifier';
import { SubjectClaimsService } from './subject-claims.service';
import { UnverifiedAccountsService } from './unverified-accounts.service';
import { UserinfoModule } from './userinfo/userinfo.module';
import { UserIdentitiesRepository } from './user-identities.repository';

/** OpenID providers: token verification, their users, linking and sign-out. */
@Module({
  imports: [
    DomainsModule,
    IdentityModule,
    JwksModule,
    SessionsModule,
    TeamsModule,
    TokensModule,
    UserinfoModule,
  ],
  providers: [
    AccountLinkingService,
    FederatedIdentityService,
    ProfileSyncService,
    ProviderRegistry,
    ProviderSignOutService,
    ProviderTokenVerifier,
    SubjectClaimsService,
    UnverifiedAccountsService,
    UserIdentitiesRepository,
  ],
  exports: [FederatedIdentityService, ProviderRegistry, ProviderSignOutService, ProviderTokenVerifier],
})
export class FederationModule {}
