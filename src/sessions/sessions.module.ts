import { Module } from '@nestjs/common';
import { JobsModule } from '../jobs/jobs.module';
import { ExpiredSessionsRepository } from './expired-sessions.repository';
import { EndedProviderTokensRepository } from './ended-provider-tokens.repository';
import { RefreshExchangeService } from './refresh-exchange.service';
import { RefreshTokens } from './refresh-tokens';
import { RefreshTokensRepository } from './refresh-tokens.repository';
import { SessionCleanupService } from './session-cleanup.service';
import { SessionOpeningsRepository } from './session-openings.repository';
import { SessionsController } from './sessions.controller';
import { SessionsRepository } from './sessions.repository';
import { SessionsService } from './sessions.service';

/** Sessions and refresh tokens. */
@Module({
  imports: [JobsModule],
  controllers: [SessionsController],
  providers: [
    ExpiredSessionsRepository,
    EndedProviderTokensRepository,
    RefreshExchangeService,
    RefreshTokens,
    RefreshTokensRepository,
    SessionCleanupService,
    SessionOpeningsRepository,
    SessionsRepository,
    SessionsService,
  ],
  exports: [EndedProviderTokensRepository, RefreshExchangeService, SessionsService],
})
export class SessionsModule {}
