import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiSecurity,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { Origin } from '../http/request-origin.decorator';
import type { RequestOrigin } from '../common/request-origin';
import { ApiProblems } from '../http/openapi/api-problems.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { Public } from '../security/public.decorator';
import { AuthService } from './auth.service';
import { AuthResponse, toAuthResponse } from './dto/auth-response.dto';
import { LoginRequest } from './dto/login-request.dto';
import { RegisterRequest } from './dto/register-request.dto';
import { ValidateRequest } from './dto/validate-request.dto';
import {
  InvalidTokenResponse,
  toValidateResponse,
  ValidTokenResponse,
  type ValidateResponse,
} from './dto/validate-response.dto';
import { TokenAuthenticator } from './token-authenticator';

const EMAIL_FAULT = { pointer: '#/email', detail: 'must be an e-mail address such as name@example.com' };
const VALIDATE_RESPONSE = {
  oneOf: [ValidTokenResponse, InvalidTokenResponse].map((model) => ({ $ref: getSchemaPath(model) })),
};

@ApiTags('Authentication')
@ApiExtraModels(ValidTokenResponse, InvalidTokenResponse)
@ApiSecurity({})
@ApiProblems('overloaded', 'service-unavailable')
@Public()
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly authenticator: TokenAuthenticator,
  ) {}

  /**
   * Make an account and sign in
   * @remarks The new person is in the team `General` and the domain `engineering`. Nobody has proven the address yet: `email_verified`
   * is false. Registration may be closed, or open to some address domains only (`AUTH_REGISTRATION`).
   */
  @Post('register')
  @ApiCreatedResponse({ type: AuthResponse, description: 'The account is made' })
  @ApiProblems(
    ...bodyProblems(EMAIL_FAULT),
    'registration-closed',
    'password-sign-in-disabled',
    'email-already-registered',
  )
  async register(@Body() account: RegisterRequest, @Origin() origin: RequestOrigin): Promise<AuthResponse> {
    return toAuthResponse(await this.auth.register(account, origin));
  }

  /**
   * Sign in with address and password
   * @remarks The answer to a wrong password, an unknown address and an account without a password is the same.
   */
  @Post('login')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: AuthResponse, description: 'Signed in' })
  @ApiProblems(...bodyProblems(EMAIL_FAULT), 'invalid-credentials', 'password-sign-in-disabled')
  async login(
    @Body() { email, password }: LoginRequest,
    @Origin() origin: RequestOrigin,
  ): Promise<AuthResponse> {
    return toAuthResponse(await this.auth.login(email, password, origin));
  }

  /**
   * Validate a token, for other services
   * @remarks Always 200 for a decided answer; 503 when the service cannot decide (then ask again, and let nobody in).
   */
  @Post('validate')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ schema: VALIDATE_RESPONSE, description: 'Whose token it is, or that it is nobody’s' })
  @ApiProblems(...bodyProblems({ pointer: '#/token', detail: 'must be a token (a text)' }))
  async validateToken(@Body() { token }: ValidateRequest): Promise<ValidateResponse> {
    return toValidateResponse(await this.authenticator.validate(token));
  }
}
