import { Global, Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { Audit } from './audit';
import { AuditController } from './audit.controller';
import { AuditEventsReader } from './audit-events.reader';
import { AuditEventsRepository } from './audit-events.repository';
import { AuditKeeperService } from './audit-keeper.service';
import { AuditLog } from './audit-log';

/** The log of security events. */
@Global()
@Module({
  imports: [JobsModule],
  controllers: [AuditController],
  providers: [Audit, AuditEventsReader, AuditEventsRepository, AuditKeeperService, AuditLog],
  exports: [Audit],
})
export class AuditModule {}
