import { Body, Controller, Delete, HttpCode, HttpStatus, Param, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated } from '../http/openapi/api-authenticated.decorator';
import { OptionalBody } from '../http/openapi/optional-body.decorator';
import { bodyProblems, type DocumentedProblem } from '../http/openapi/problem-response';
import { CurrentUser } from '../security/current-user.decorator';
import type { UserPrincipal } from '../security/principal';
import { EndSessionsQuery } from '../sessions/dto/end-sessions-query.dto';
import { SessionIdParam } from '../sessions/dto/session-id-param.dto';
import { EndSessionsRequest } from './dto/end-sessions-request.dto';
import { SessionEndingsService } from './session-endings.service';

/** Problems of both routes: an invalid body, and missing proof. */
const PROOF_PROBLEMS: readonly DocumentedProblem[] = [
  ...bodyProblems({ pointer: '#/password', detail: 'is not your current password' }),
  'reauthentication-required',
  'password-sign-in-disabled',
  'too-many-requests',
];

@ApiTags('Sessions')
@Controller('auth/sessions')
export class SessionEndingsController {
  constructor(private readonly endings: SessionEndingsService) {}

  /**
   * End one of the caller's sessions
   * @remarks Its tokens are refused from the next request on, on every replica. A session other than the current one requires a
   * sign-in within the last 10 minutes, or the password.
   */
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @OptionalBody(EndSessionsRequest)
  @ApiNoContentResponse({ description: 'The session has ended' })
  @ApiAuthenticated(...PROOF_PROBLEMS, 'not-found')
  async endSession(
    @Param() { id }: SessionIdParam,
    @Body() { password }: EndSessionsRequest,
    @CurrentUser() principal: UserPrincipal,
  ): Promise<void> {
    await this.endings.endOne(id.toLowerCase(), principal, password);
  }

  /**
   * End the caller's other sessions
   * @remarks All except the current one; with `include_current=true` that one too, and all provider tokens that were issued to
   * the caller. Asks for a sign-in within the last 10 minutes, or the password.
   */
  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @OptionalBody(EndSessionsRequest)
  @ApiNoContentResponse({ description: 'The sessions have ended' })
  @ApiAuthenticated(...PROOF_PROBLEMS)
  async endSessions(
    @Query() { include_current }: EndSessionsQuery,
    @Body() { password }: EndSessionsRequest,
    @CurrentUser() principal: UserPrincipal,
  ): Promise<void> {
    if (include_current === true) await this.endings.endAll(principal, password);
    else await this.endings.endOthers(principal, password);
  }
}
