import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated } from '../http/openapi/api-authenticated.decorator';
import { CurrentUser } from '../security/current-user.decorator';
import type { UserPrincipal } from '../security/principal';
import { SessionResponse, toSessionResponse } from './dto/session-response.dto';
import { SessionsService } from './sessions.service';

@ApiTags('Sessions')
@Controller('auth/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  /**
   * The caller's active sessions
   * @remarks Newest first.
   */
  @Get()
  @ApiAuthenticated()
  @ApiOkResponse({ type: [SessionResponse], description: 'The active sessions of the caller' })
  async listSessions(@CurrentUser() { identity, sessionId }: UserPrincipal): Promise<SessionResponse[]> {
    const sessions = await this.sessions.list(identity.id);
    return sessions.map((session) => toSessionResponse(session, sessionId));
  }
}
