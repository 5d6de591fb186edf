import { Body, Controller, HttpCode, HttpStatus, Post, Put, Res } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import type { Response } from 'express';
import { AuthResponse, toAuthResponse } from '../auth/dto/auth-response.dto';
import { ApiAuthenticated } from '../http/openapi/api-authenticated.decorator';
import { ApiProblems } from '../http/openapi/api-problems.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { toUserContextResponse, UserContextResponse } from '../identity/dto/user-context-response.dto';
import { CurrentUser } from '../security/current-user.decorator';
import type { UserPrincipal } from '../security/principal';
import { Public } from '../security/public.decorator';
import { AcceptedResponse, CodeRequestedResponse } from './dto/recovery-answers.dto';
import { CODE_RULE, CodeRequest, EmailChangeRequest } from './dto/recovery-requests.dto';
import { EmailChangeRequestService } from './email-change-request.service';
import { EmailChangeService } from './email-change.service';
import { EmailUndoService } from './email-undo.service';
import { EmailVerificationService } from './email-verification.service';

const CODE_PROBLEMS = [
  ...bodyProblems({ pointer: '#/code', detail: CODE_RULE }),
  ...(['code-invalid', 'too-many-requests', 'overloaded', 'service-unavailable'] as const),
];

@ApiTags('Mail')
@Controller()
export class EmailController {
  constructor(
    private readonly verification: EmailVerificationService,
    private readonly changeRequests: EmailChangeRequestService,
    private readonly changes: EmailChangeService,
    private readonly undoing: EmailUndoService,
  ) {}

  /**
   * Ask for a message that verifies the caller's address
   * @remarks At most 3 messages an hour and 10 a day go to one address; beyond that the answer is the same, and the former code stays.
   */
  @Post('auth/email/verification')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAuthenticated('already-verified', 'mail-not-configured')
  @ApiAcceptedResponse({ type: CodeRequestedResponse, description: 'A message is sent' })
  async requestEmailVerification(@CurrentUser() principal: UserPrincipal): Promise<CodeRequestedResponse> {
    return { expires_at: (await this.verification.request(principal)).toISOString() };
  }

  /**
   * Verify an address by a code
   * @remarks Roles, memberships and assignments that were given to the user while the address was not verified end, except those of a new
   * user. A code from a registration, where addresses must be verified before sign-in, also signs the user in (200).
   */
  @Public()
  @Post('auth/email/verify')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiSecurity({})
  @ApiNoContentResponse({ description: 'The address is verified' })
  @ApiOkResponse({ type: AuthResponse, description: 'The address is verified, and the user is signed in' })
  @ApiProblems(...CODE_PROBLEMS, 'last-admin', 'last-owner')
  async verifyEmail(
    @Body() { code }: CodeRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AuthResponse | undefined> {
    const pair = await this.verification.verify(code);
    if (!pair) return undefined;
    response.status(HttpStatus.OK);
    return toAuthResponse(pair);
  }

  /**
   * Ask to change the caller's address
   * @remarks Requires the password, or a sign-in within the last 10 minutes. A code goes to the new address and a notice to the present
   * one; nothing changes yet. The answer is the same for an address that somebody has.
   */
  @Put('users/me/email')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAuthenticated(
    ...bodyProblems({ pointer: '#/email', detail: 'must be an e-mail address such as name@example.com' }),
    ...([
      'reauthentication-required',
      'password-sign-in-disabled',
      'too-many-requests',
      'mail-not-configured',
    ] as const),
  )
  @ApiAcceptedResponse({ type: AcceptedResponse, description: 'A message is sent to the new address' })
  async requestEmailChange(
    @CurrentUser() principal: UserPrincipal,
    @Body() { email, password }: EmailChangeRequest,
  ): Promise<AcceptedResponse> {
    await this.changeRequests.request(principal, email, password);
    return {};
  }

  /**
   * Change an address by a code
   * @remarks The new address is verified. The session that asked continues: its refresh token yields tokens of the new address. Other
   * sessions end. A code that undoes the change within 7 days goes to the old address, which nobody else gets meanwhile.
   */
  @Public()
  @Post('auth/email/change')
  @HttpCode(HttpStatus.OK)
  @ApiSecurity({})
  @ApiOkResponse({ type: UserContextResponse, description: 'The user with the new address' })
  @ApiProblems(...CODE_PROBLEMS, 'last-admin', 'last-owner')
  async changeEmail(@Body() { code }: CodeRequest): Promise<UserContextResponse> {
    return toUserContextResponse(await this.changes.change(code));
  }

  /**
   * Undo a change of address
   * @remarks By the code that went to the old address: that is the user's again, all sessions end, and a message to reset the password
   * goes there.
   */
  @Public()
  @Post('auth/email/undo')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiSecurity({})
  @ApiNoContentResponse({ description: 'The old address is back' })
  @ApiProblems(...CODE_PROBLEMS)
  async undoEmailChange(@Body() { code }: CodeRequest): Promise<void> {
    await this.undoing.undo(code);
  }
}
