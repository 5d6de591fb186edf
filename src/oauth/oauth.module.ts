import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { LimitsModule } from '../limits/limits.module';
import { ServiceAccountsModule } from '../service-accounts/service-accounts.module';
import { SessionsModule } from '../sessions/sessions.module';
import { TokensModule } from '../tokens/tokens.module';
import { ClientFailures } from './client-failures';
import { IntrospectionService } from './introspection.service';
import { OAuthClients } from './oauth-clients';
import { OAuthController } from './oauth.controller';
import { RevocationService } from './revocation.service';
import { ServiceTokenService } from './service-token.service';

/** The routes of OAuth 2.0 for services: tokens, introspection, revocation. */
@Module({
  imports: [AuthModule, LimitsModule, ServiceAccountsModule, SessionsModule, TokensModule],
  controllers: [OAuthController],
  providers: [ClientFailures, IntrospectionService, OAuthClients, RevocationService, ServiceTokenService],
})
export class OAuthModule {}
