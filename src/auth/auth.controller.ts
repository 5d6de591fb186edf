import { Body, Controller, HttpCode, HttpStatus, Post, Res, UseGuards } from '@nestjs/common';
import type { Response } from 'express';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiSecurity,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { ApiCallerCredential } from '../http/openapi/api-caller-credential.decorator';
import { ApiProblems } from '../http/openapi/api-problems.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { Public } from '../security/public.decorator';
import { AuthService } from './auth.service';
import { ActivationRequest } from './dto/activation-request.dto';
import { AuthResponse, toAuthResponse } from './dto/auth-response.dto';
import { LoginRequest } from './dto/login-request.dto';
import { RegistrationSentResponse } from './dto/registration-sent-response.dto';
import { RegisterRequest } from './dto/register-request.dto';
import { TOKENS_RULE, ValidateBatchRequest, ValidateBatchResponse } from './dto/validate-batch.dto';
import { ValidateRequest } from './dto/validate-request.dto';
import {
  InvalidTokenResponse,
  toAcceptedResponse,
  toValidateResponse,
  ValidTokenResponse,
  type ValidServiceTokenResponse,
  type ValidateResponse,
} from './dto/validate-response.dto';
import { ValidationCallerGuard } from './guards/validation-caller.guard';
import { PasswordEnrolmentService } from './password-enrolment.service';
import { TokenValidationService } from './token-validation.service';
import { KeepsAnswers } from '../changes/keeps-answers.decorator';

const EMAIL_FAULT = { pointer: '#/email', detail: 'must be an e-mail address such as name@example.com' };
const VALIDATE_RESPONSE = {
  oneOf: [ValidTokenResponse, InvalidTokenResponse].map((model) => ({ $ref: getSchemaPath(model) })),
};
/** While `AUTH_VALIDATE_REQUIRES_CREDENTIAL` is on. */
const CALLER_PROBLEMS = [
  'malformed-authorization',
  'authentication-required',
  'invalid-token',
  'insufficient-scope',
] as const;

@ApiTags('Authentication')
@ApiExtraModels(ValidTokenResponse, InvalidTokenResponse)
@ApiSecurity({})
@ApiProblems('overloaded', 'service-unavailable')
@Public()
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly enrolment: PasswordEnrolmentService,
    private readonly tokens: TokenValidationService,
  ) {}

  /**
   * Register and sign in
   * @remarks The new user is a member of the team `General` and assigned to the domain `engineering`. The address is not
   * proven yet: `email_verified` is false. Registration can be closed or limited to some mail domains (`AUTH_REGISTRATION`). With
   * `AUTH_REQUIRE_VERIFIED_EMAIL` the answer is 202 for free and taken addresses alike, and the owner of the address gets a message;
   * its code signs in at `POST /auth/email/verify`.
   */
  @KeepsAnswers()
  @Post('register')
  @ApiCreatedResponse({ type: AuthResponse, description: 'The user is registered' })
  @ApiAcceptedResponse({
    type: RegistrationSentResponse,
    description: 'The owner of the address gets a message',
  })
  @ApiProblems(
    ...bodyProblems(EMAIL_FAULT),
    'registration-closed',
    'password-sign-in-disabled',
    'email-already-registered',
    'too-many-requests',
  )
  async register(
    @Body() account: RegisterRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<AuthResponse | RegistrationSentResponse> {
    const pair = await this.enrolment.register(account);
    if (pair) return toAuthResponse(pair);
    response.status(HttpStatus.ACCEPTED);
    return { verification: 'sent' };
  }

  /**
   * Sign in with e-mail address and password
   * @remarks A wrong password, an unknown address and a user without a password get the same answer. After 10 failures in a row
   * further attempts wait (429); a device that sends the `device_token` of an earlier sign-in has a limit of its own.
   */
  @KeepsAnswers()
  @Post('login')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: AuthResponse, description: 'Signed in' })
  @ApiProblems(
    ...bodyProblems(EMAIL_FAULT),
    'invalid-credentials',
    'password-sign-in-disabled',
    'password-change-required',
    'too-many-requests',
    'address-not-verified',
  )
  async login(@Body() request: LoginRequest): Promise<AuthResponse> {
    const { email, password, new_password: newPassword, device_token: deviceToken } = request;
    return toAuthResponse(await this.auth.login({ email, password, newPassword, deviceToken }));
  }

  /**
   * Set the first password and sign in
   * @remarks With the code that an administrator has issued, once, within 24 hours. It verifies the address when it went there by mail.
   */
  @Post('activate')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: AuthResponse, description: 'Signed in' })
  @ApiProblems(
    ...bodyProblems({ pointer: '#/code', detail: 'must be an activation code: 26 letters and digits' }),
    'password-sign-in-disabled',
    'code-invalid',
    'too-many-requests',
  )
  async activate(@Body() { code, password }: ActivationRequest): Promise<AuthResponse> {
    return toAuthResponse(await this.enrolment.activate(code, password));
  }

  /**
   * Validate a token
   * @remarks For other services. 200 whenever the answer is known; 503 when the service cannot decide: deny access and retry. Tokens
   * of services are valid only where `accept` has `service`; the answer is then
   * `{ valid: true, user: null, service: { id, name, scopes }, error: null }`. With `AUTH_VALIDATE_REQUIRES_CREDENTIAL` the caller needs a credential with
   * `tokens:validate`: a key or a token of a service as bearer token, or HTTP Basic.
   */
  @KeepsAnswers()
  @UseGuards(ValidationCallerGuard)
  @ApiCallerCredential('tokens:validate')
  @Post('validate')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({
    schema: VALIDATE_RESPONSE,
    description: 'The user of the token, or the reason why it is not valid',
  })
  @ApiProblems(
    ...bodyProblems({ pointer: '#/token', detail: 'must be a token (a string)' }),
    ...CALLER_PROBLEMS,
  )
  async validateToken(
    @Body() { token, accept = ['user'] }: ValidateRequest,
  ): Promise<ValidateResponse | ValidServiceTokenResponse> {
    return toAcceptedResponse(await this.tokens.validateAccepted(token, accept));
  }

  /**
   * Validate several tokens
   * @remarks For other services: an answer for each token, in order. 503 as a whole when one of them cannot be decided. With
   * `AUTH_VALIDATE_REQUIRES_CREDENTIAL` the caller needs a credential as for a single one.
   */
  @KeepsAnswers()
  @UseGuards(ValidationCallerGuard)
  @ApiCallerCredential('tokens:validate')
  @Post('validate/batch')
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: ValidateBatchResponse, description: 'The answers, in the order of the tokens' })
  @ApiProblems(...bodyProblems({ pointer: '#/tokens', detail: TOKENS_RULE }), ...CALLER_PROBLEMS)
  async validateTokens(@Body() { tokens }: ValidateBatchRequest): Promise<ValidateBatchResponse> {
    return { results: (await this.tokens.validateAll(tokens)).map(toValidateResponse) };
  }
}
