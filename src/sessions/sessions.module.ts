import { Module } from '@nestjs/common';
import { ExpiredSessionsRepository } from './expired-sessions.repository';
import { EndedProviderTokensRepository } from './ended-provider-tokens.repository';
import { RefreshExchangeService } from './refresh-exchange.service';
import { RefreshTokens } from './refresh-tokens';
import { RefreshTokensRepository } from './refresh-tokens.repository';
import { SessionCleanup } from './session-cleanup';
import { SessionsController } from './sessions.controller';
import { SessionsRepository } from './sessions.repository';
import { SessionsService } from './sessions.service';

/** Sessions and refresh tokens. */
@Module({
  controllers: [SessionsController],
  providers: [
    ExpiredSessionsRepository,
    EndedProviderTokensRepository,
    RefreshExchangeService,
    RefreshTokens,
    RefreshTokensRepository,
    SessionCleanup,
    SessionsRepository,
    SessionsService,
  ],
  exports: [EndedProviderTokensRepository, RefreshExchangeService, SessionsService],
})
export class SessionsModule {}
