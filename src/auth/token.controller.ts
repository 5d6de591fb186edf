import { Body, Controller, HttpCode, HttpStatus, Post, Req } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { AppError } from '../common/errors/app-error';
import { Origin } from '../http/request-origin.decorator';
import type { RequestOrigin } from '../common/request-origin';
import { ApiAuthenticated } from '../http/openapi/api-authenticated.decorator';
import { ApiProblems } from '../http/openapi/api-problems.decorator';
import { OptionalBody } from '../http/openapi/optional-body.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { ACCESS_TOKEN } from '../http/openapi/security-schemes';
import { CurrentUser } from '../security/current-user.decorator';
import type { UserPrincipal } from '../security/principal';
import { Public } from '../security/public.decorator';
import { AuthResponse, toAuthResponse } from './dto/auth-response.dto';
import { LogoutRequest } from './dto/logout-request.dto';
import { PasswordChangeRequest } from './dto/password-change-request.dto';
import { RefreshRequest } from './dto/refresh-request.dto';
import { PasswordChangeService } from '../passwords/password-change.service';
import { RefreshService } from './refresh.service';
import { SignOutService } from './sign-out.service';
import { bearerToken } from './bearer-credential';
import { REFRESH_TOKEN_RULE } from '../sessions/refresh-token-text';
import { KeepsAnswers } from '../changes/keeps-answers.decorator';

const REFRESH_TOKEN_FAULT = {
  pointer: '#/refresh_token',
  detail: REFRESH_TOKEN_RULE,
};
const UNAVAILABLE = ['overloaded', 'service-unavailable'] as const;

@ApiTags('Sessions')
@Controller('auth')
export class TokenController {
  constructor(
    private readonly refreshes: RefreshService,
    private readonly signOuts: SignOutService,
    private readonly passwordChange: PasswordChangeService,
  ) {}

  /**
   * Exchange a refresh token for new tokens
   * @remarks A refresh token is single use. A retry with the same one by the same user agent within the grace period (10 s by
   * default) gets the same new refresh token; a later one ends the session.
   */
  @Public()
  @KeepsAnswers()
  @Post('refresh')
  @HttpCode(HttpStatus.OK)
  @ApiSecurity({})
  @ApiOkResponse({ type: AuthResponse, description: 'New tokens of the same session' })
  @ApiProblems(...bodyProblems(REFRESH_TOKEN_FAULT), 'invalid-token', ...UNAVAILABLE)
  async refreshTokens(
    @Body() { refresh_token }: RefreshRequest,
    @Origin() origin: RequestOrigin,
  ): Promise<AuthResponse> {
    return toAuthResponse(await this.refreshes.refresh(refresh_token, origin));
  }

  /**
   * End a session
   * @remarks The session of the bearer token (which may have expired), or of the refresh token when there is none. A provider token is
   * refused from then on, until it expires. Ending an ended session is not an error.
   */
  @Public()
  @Post('logout')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiSecurity({})
  @ApiSecurity(ACCESS_TOKEN.name)
  @OptionalBody(LogoutRequest)
  @ApiNoContentResponse({ description: 'The session has ended' })
  @ApiProblems(
    ...bodyProblems(REFRESH_TOKEN_FAULT),
    'malformed-authorization',
    'authentication-required',
    'invalid-token',
    ...UNAVAILABLE,
  )
  async logout(@Req() request: Request, @Body() { refresh_token }: LogoutRequest): Promise<void> {
    const accessToken = bearerToken(request);
    if (accessToken === undefined && refresh_token === undefined)
      throw new AppError('authentication-required');
    await this.signOuts.signOut(accessToken, refresh_token);
  }

  /**
   * Change the password
   * @remarks Ends the other sessions and the tokens of the current one at the same moment; the answer holds new tokens of the
   * current session.
   */
  @Post('password')
  @HttpCode(HttpStatus.OK)
  @ApiAuthenticated(
    ...bodyProblems({ pointer: '#/current_password', detail: 'is not your current password' }),
    'password-sign-in-disabled',
    'too-many-requests',
  )
  @ApiOkResponse({ type: AuthResponse, description: 'The password has been changed' })
  async changePassword(
    @CurrentUser() principal: UserPrincipal,
    @Body() { current_password, new_password }: PasswordChangeRequest,
  ): Promise<AuthResponse> {
    return toAuthResponse(await this.passwordChange.change(principal, current_password, new_password));
  }
}
