import { Module } from '@nestjs/common';
import { RefreshTokens } from './refresh-tokens';
import { SessionCleanup } from './session-cleanup';
import { SessionsController } from './sessions.controller';
import { SessionsRepository } from './sessions.repository';
import { SessionsService } from './sessions.service';

/** Sessions and refresh tokens. */
@Module({
  controllers: [SessionsController],
  providers: [RefreshTokens, SessionCleanup, SessionsRepository, SessionsService],
  exports: [SessionsService],
})
export class SessionsModule {}
