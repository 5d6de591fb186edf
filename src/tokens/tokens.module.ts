import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AccessTokens } from './access-tokens';
import { DeviceTokens } from './device-tokens';
import { KeyRing } from './key-ring';
import { ServiceTokens } from './service-tokens';
import { TokenIssuer } from './token-issuer';
import { WellKnownController } from './well-known.controller';

/** The access tokens of this service: keys, issuing, verification, and the documents that publish the keys. */
@Module({
  imports: [JwtModule.register({})],
  controllers: [WellKnownController],
  providers: [AccessTokens, DeviceTokens, KeyRing, ServiceTokens, TokenIssuer],
  exports: [AccessTokens, DeviceTokens, JwtModule, KeyRing, ServiceTokens, TokenIssuer],
})
export class TokensModule {}
