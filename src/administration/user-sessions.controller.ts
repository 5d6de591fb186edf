import { Controller, Delete, Get, HttpCode, HttpStatus, Param } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import { SessionResponse, toSessionResponse } from '../sessions/dto/session-response.dto';
import { UserIdParam, UserSessionParam } from './dto/user-requests.dto';
import { UserSessionsService } from './user-sessions.service';

@ApiTags('Users')
@Controller('users/:id/sessions')
export class UserSessionsController {
  constructor(private readonly sessions: UserSessionsService) {}

  /**
   * The active sessions of a user
   * @remarks Newest first.
   */
  @Get()
  @RequirePermission('users:read', 'invalid-input', 'not-found')
  @ApiOkResponse({ type: [SessionResponse], description: 'The active sessions of the user' })
  async listUserSessions(
    @Param() { id }: UserIdParam,
    @Caller() principal: Principal,
  ): Promise<SessionResponse[]> {
    const current = principal.kind === 'user' ? principal.sessionId : undefined;
    return (await this.sessions.list(principal, id)).map((session) => toSessionResponse(session, current));
  }

  /**
   * End all sessions of a user
   * @remarks Tokens of identity providers that were issued to the user before are refused too, on every replica.
   */
  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('users:write', 'invalid-input', 'not-found')
  @ApiNoContentResponse({ description: 'The sessions have ended' })
  async endUserSessions(@Param() { id }: UserIdParam, @Caller() principal: Principal): Promise<void> {
    await this.sessions.endAll(principal, id);
  }

  /**
   * End one session of a user
   * @remarks Its tokens are refused from the next request on, on every replica.
   */
  @Delete(':session_id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('users:write', 'invalid-input', 'not-found')
  @ApiNoContentResponse({ description: 'The session has ended' })
  async endUserSession(
    @Param() { id, session_id: sessionId }: UserSessionParam,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.sessions.endOne(principal, id, sessionId);
  }
}
