import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module';
import { ServiceAccountsModule } from '../service-accounts/service-accounts.module';
import { EventStreams } from './event-streams';
import { EventsController } from './events.controller';
import { StreamCredentials } from './stream-credentials';

/** Tells services what ends or changes answers about tokens. */
@Module({
  imports: [ChangesModule, ServiceAccountsModule],
  controllers: [EventsController],
  providers: [EventStreams, StreamCredentials],
})
export class EventsModule {}
