import { Module } from '@nestjs/common';
import { JwksRegistry } from './jwks-registry';

/** The key sets of providers. */
@Module({ providers: [JwksRegistry], exports: [JwksRegistry] })
export class JwksModule {}
