import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { AuthResponse, toAuthResponse } from '../auth/dto/auth-response.dto';
import { ApiProblems } from '../http/openapi/api-problems.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { Public } from '../security/public.decorator';
import { AcceptedResponse } from './dto/recovery-answers.dto';
import { CODE_RULE, PasswordForgottenRequest, PasswordResetRequest } from './dto/recovery-requests.dto';
import { PasswordResetService } from './password-reset.service';

@ApiTags('Mail')
@ApiSecurity({})
@ApiProblems('password-sign-in-disabled', 'overloaded', 'service-unavailable')
@Public()
@Controller('auth/password')
export class PasswordResetController {
  constructor(private readonly resets: PasswordResetService) {}

  /**
   * Ask for a message that resets a password
   * @remarks Answers the same, in the same time, whoever has the address. A message goes to the address of an active user only, at most
   * 3 an hour and 10 a day.
   */
  @Post('forgot')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ type: AcceptedResponse, description: 'Taken; the answer tells nothing' })
  @ApiProblems(
    ...bodyProblems({ pointer: '#/email', detail: 'must be an e-mail address such as name@example.com' }),
    'mail-not-configured',
  )
  async forgotPassword(@Body() { email }: PasswordForgottenRequest): Promise<AcceptedResponse> {
    await this.resets.request(email);
    return {};
  }

  /**
   * Reset a password by a code
   * @remarks Within an hour, once. Everything that was issued to the user before ends, and the address is verified: see
   * `POST /auth/email/verify` for what that ends. Users who never had a password get one.
   */
  @Post('reset')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: AuthResponse, description: 'The password is set, and the user is signed in' })
  @ApiProblems(
    ...bodyProblems({ pointer: '#/code', detail: CODE_RULE }),
    'code-invalid',
    'too-many-requests',
    'last-admin',
    'last-owner',
  )
  async resetPassword(@Body() { code, password }: PasswordResetRequest): Promise<AuthResponse> {
    return toAuthResponse(await this.resets.reset(code, password));
  }
}
