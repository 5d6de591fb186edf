import { Module, type FactoryProvider } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module';
import { Clock } from '../common/clock';
import { FederatedIdentityService } from '../federation/federated-identity.service';
import { FederationModule } from '../federation/federation.module';
import { ProviderRegistry } from '../federation/provider-registry';
import { ProviderTokenVerifier } from '../federation/provider-token-verifier';
import { IdentityModule } from '../identity/identity.module';
import { SessionIdentityReader } from '../identity/session-identity.reader';
import { ServiceAccountsModule } from '../service-accounts/service-accounts.module';
import { AccessTokens } from '../tokens/access-tokens';
import { TokensModule } from '../tokens/tokens.module';
import { RememberedCallers } from './remembered-callers';
import { RememberedTokens } from './remembered-tokens';
import { ServiceCallers } from './service-callers';
import { TokenAuthenticator } from './token-authenticator';
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

/** The decision about a token, for the guard, for other services and for gateways. */
@Module({
  imports: [ChangesModule, FederationModule, IdentityModule, ServiceAccountsModule, TokensModule],
  controllers: [VerifyController],
  providers: [
    RememberedCallers,
    RememberedTokens,
    ServiceCallers,
    TokenValidationService,
    VerifyService,
    authenticator,
  ],
  exports: [RememberedCallers, RememberedTokens, ServiceCallers, TokenAuthenticator, TokenValidationService],
})
export class TokenValidationModule {}
