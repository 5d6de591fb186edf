import { Global, Module } from '@nestjs/common';
import { Audit } from './audit';

/** The stream of security events. */
@Global()
@Module({ providers: [Audit], exports: [Audit] })
export class AuditModule {}
