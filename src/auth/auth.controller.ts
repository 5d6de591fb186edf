import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/openapi/api-problems.decorator';
import { Public } from '../common/security/public.decorator';
import { AuthService } from './auth.service';
import { AuthResponse, toAuthResponse } from './dto/auth-response.dto';
import { LoginRequest } from './dto/login-request.dto';
import { RegisterRequest } from './dto/register-request.dto';
import { ValidateRequest } from './dto/validate-request.dto';
import { toInvalidResponse, toValidResponse, ValidateResponse } from './dto/validate-response.dto';

@ApiTags('Authentication')
@ApiSecurity({})
@ApiProblems(
  'invalid-input',
  'malformed-json',
  'body-too-large',
  'unsupported-media-type',
  'overloaded',
  'service-unavailable',
)
@Public()
@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  /**
   * Make an account and sign in
   * @remarks The new person is in the team `General` and the domain `engineering`.
   */
  @Post('register')
  @ApiCreatedResponse({ type: AuthResponse, description: 'The account is made' })
  @ApiProblems('email-already-registered')
  async register(@Body() account: RegisterRequest): Promise<AuthResponse> {
    return toAuthResponse(await this.auth.register(account));
  }

  /**
   * Sign in with address and password
   * @remarks The answer to a wrong password, an unknown address and an account without a password is the same.
   */
  @Post('login')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: AuthResponse, description: 'Signed in' })
  @ApiProblems('invalid-credentials')
  async login(@Body() { email, password }: LoginRequest): Promise<AuthResponse> {
    return toAuthResponse(await this.auth.login(email, password));
  }

  /**
   * Judge a token, for other services
   * @remarks Always 200 when the token could be judged; 503 when it could not (then ask again, and let nobody in).
   */
  @Post('validate')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: ValidateResponse, description: 'Whose token it is, or that it is nobody’s' })
  async validate(@Body() { token }: ValidateRequest): Promise<ValidateResponse> {
    const judgement = await this.auth.validate(token);
    return 'identity' in judgement
      ? toValidResponse(judgement.identity)
      : toInvalidResponse(judgement.refusal);
  }
}
