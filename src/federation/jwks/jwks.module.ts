import { Module } from '@nestjs/common';
import { FederationConfig } from '../../config/federation.config';
import { JwksRegistry } from './jwks-registry';
import { ProviderHttp } from './provider-http';

/** The key sets of OpenID providers, and how their documents are fetched. */
@Module({
  providers: [
    JwksRegistry,
    {
      provide: ProviderHttp,
      inject: [FederationConfig],
      useFactory: ({ proxy }: FederationConfig) => new ProviderHttp(proxy),
    },
  ],
  exports: [JwksRegistry, ProviderHttp],
})
export class JwksModule {}
