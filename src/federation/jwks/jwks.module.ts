import { Module } from '@nestjs/common';
import { JwksRegistry } from './jwks-registry';

/** The key sets of OpenID providers. */
@Module({ providers: [JwksRegistry], exports: [JwksRegistry] })
export class JwksModule {}
