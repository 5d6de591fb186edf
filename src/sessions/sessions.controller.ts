import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AppError } from '../common/errors/app-error';
import { ApiAuthenticated } from '../common/openapi/api-authenticated.decorator';
import type { DocumentedProblem } from '../common/openapi/problem-response';
import { CurrentUser } from '../common/security/current-user.decorator';
import type { Principal } from '../common/security/principal';
import { EndSessionsQuery } from './dto/end-sessions-query.dto';
import { SessionIdParam } from './dto/session-id-param.dto';
import { SessionResponse, toSessionResponse } from './dto/session-response.dto';
import { SessionsService } from './sessions.service';

const ID_FAULT: DocumentedProblem = {
  code: 'invalid-input',
  detail: 'id must be the id of a session (a UUID)',
};
const QUERY_FAULT: DocumentedProblem = {
  code: 'invalid-input',
  detail: 'include_current must be true or false',
};

@ApiTags('Sessions')
@Controller('auth/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  /**
   * The caller's living sessions
   * @remarks The newest first.
   */
  @Get()
  @ApiAuthenticated()
  @ApiOkResponse({ type: [SessionResponse], description: 'The living sessions of the caller' })
  async listSessions(@CurrentUser() { identity, sessionId }: Principal): Promise<SessionResponse[]> {
    const sessions = await this.sessions.list(identity.id);
    return sessions.map((session) => toSessionResponse(session, sessionId));
  }

  /**
   * End one of the caller's sessions
   * @remarks Its tokens are refused from the next request on, on every replica.
   */
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The session is ended' })
  @ApiAuthenticated(ID_FAULT, 'not-found')
  async endSession(@Param() { id }: SessionIdParam, @CurrentUser() { identity }: Principal): Promise<void> {
    const ended = await this.sessions.end(id, identity.id, 'ended-by-user');
    if (!ended) throw new AppError('not-found', { detail: 'You have no living session with this id.' });
  }

  /**
   * End the caller's other sessions
   * @remarks All but the one of this request; with `include_current=true` that one too.
   */
  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The sessions are ended' })
  @ApiAuthenticated(QUERY_FAULT)
  async endSessions(
    @Query() { include_current }: EndSessionsQuery,
    @CurrentUser() { identity, sessionId }: Principal,
  ): Promise<void> {
    await this.sessions.endByUser(identity.id, include_current === 'true' ? undefined : sessionId);
  }
}
