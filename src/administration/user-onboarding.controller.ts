import { Body, Controller, HttpStatus, Param, Post, Req, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiIdempotencyKey } from '../http/openapi/conditional.decorator';
import { OptionalBody } from '../http/openapi/optional-body.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { Idempotent, idempotentRequest, type IdempotentRequest } from '../idempotency/idempotent-request';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import { requireEmail } from '../users/email';
import { ActivationResponse, CodeSentResponse, CreatedUserResponse } from './dto/activation-response.dto';
import { ActivationSendRequest, UserCreationRequest, UserIdParam } from './dto/user-requests.dto';
import { UserActivationService } from './user-activation.service';
import { UserOnboardingService } from './user-onboarding.service';

const LOCATION = {
  description: 'Path of the user',
  required: true,
  schema: { type: 'string' as const },
  example: '/users/7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11',
};
const EMAIL_FAULT = { pointer: '#/email', detail: 'must be an e-mail address such as name@example.com' };

@ApiTags('Users')
@Controller('users')
export class UserOnboardingController {
  constructor(
    private readonly onboarding: UserOnboardingService,
    private readonly activations: UserActivationService,
  ) {}

  /**
   * Create a user
   * @remarks Without a password the answer holds a single-use activation code, which sets the first password at `POST /auth/activate`
   * within 24 hours. A password given here must be changed at the first sign-in.
   */
  @Post()
  @ApiIdempotencyKey()
  @RequirePermission(
    'users:write',
    ...bodyProblems(EMAIL_FAULT),
    ...(['email-already-registered', 'request-in-progress', 'idempotency-key-reused'] as const),
  )
  @ApiCreatedResponse({
    type: CreatedUserResponse,
    description: 'The user is created',
    headers: { Location: LOCATION },
  })
  async createUser(
    @Body() { email, name, password, role = 'user', teams, domains }: UserCreationRequest,
    @Idempotent() request: IdempotentRequest | undefined,
    @Caller() principal: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<CreatedUserResponse> {
    const places = teams?.map((team) => ({ id: team.id, role: team.role ?? null }));
    const user = { email: requireEmail(email), name, password, role, teams: places, domains };
    const created = await this.onboarding.create(principal, user, request);
    response.location(`/users/${created.id}`);
    return created;
  }

  /**
   * Issue an activation code
   * @remarks For a user without a password; the former code ends. With `send` the code goes to the user's address and is not in the answer
   * (202): its use then verifies the address. At most 3 messages an hour and 10 a day go to one address.
   */
  @Post(':id/activation')
  @ApiIdempotencyKey()
  @RequirePermission(
    'users:write',
    ...bodyProblems({ pointer: '#/send', detail: 'must be true or false' }),
    ...(['not-found', 'password-already-set', 'mail-not-configured'] as const),
    ...(['request-in-progress', 'idempotency-key-reused'] as const),
  )
  @OptionalBody(ActivationSendRequest)
  @ApiCreatedResponse({ type: ActivationResponse, description: 'The code is issued' })
  @ApiAcceptedResponse({ type: CodeSentResponse, description: 'The code is sent' })
  async issueActivation(
    @Param() { id }: UserIdParam,
    @Body() { send = false }: ActivationSendRequest,
    @Caller() principal: Principal,
    @Req() request: Request,
  ): Promise<ActivationResponse | CodeSentResponse> {
    if (!send) return this.activations.issue(principal, id, idempotentRequest(request));
    const { expires_at } = await this.activations.send(principal, id, idempotentRequest(request));
    request.res?.status(HttpStatus.ACCEPTED);
    return { expires_at };
  }
}
