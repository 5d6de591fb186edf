import { Module } from '@nestjs/common';
import { DeadSessionsRepository } from './dead-sessions.repository';
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
    DeadSessionsRepository,
    RefreshTokens,
    RefreshTokensRepository,
    SessionCleanup,
    SessionsRepository,
    SessionsService,
  ],
  exports: [SessionsService],
})
export class SessionsModule {}
