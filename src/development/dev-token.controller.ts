import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { AuthService } from '../auth/auth.service';
import { AuthResponse, toAuthResponse } from '../auth/dto/auth-response.dto';
import { AppError } from '../common/errors/app-error';
import { ApiProblems } from '../http/openapi/api-problems.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { Public } from '../security/public.decorator';
import { DevTokenRequest } from './dto/dev-token-request.dto';

const EMAIL_FAULT = { pointer: '#/email', detail: 'must be an e-mail address such as name@example.com' };

/** Registered only while `AUTH_ALLOW_DEV_HEADERS=true`, which production refuses. */
@ApiTags('Development')
@ApiSecurity({})
@Public()
@Controller('dev')
export class DevTokenController {
  constructor(private readonly auth: AuthService) {}

  /**
   * Sign in as an existing user without a password
   * @remarks Development only: the route exists while `AUTH_ALLOW_DEV_HEADERS=true`. Answers like `POST /auth/login`.
   */
  @Post('token')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: AuthResponse, description: 'Signed in' })
  @ApiProblems(...bodyProblems(EMAIL_FAULT), 'not-found', 'overloaded', 'service-unavailable')
  async createDevToken(@Body() { email }: DevTokenRequest): Promise<AuthResponse> {
    const result = await this.auth.signInWithoutPassword(email);
    if (!result) throw new AppError('not-found', { detail: 'There is no active user with this address.' });
    return toAuthResponse(result);
  }
}
