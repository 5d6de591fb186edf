import { Body, Controller, Param, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiIdempotencyKey } from '../http/openapi/conditional.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { Idempotent, type IdempotentRequest } from '../idempotency/idempotent-request';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import { requireEmail } from '../users/email';
import { ActivationResponse, CreatedUserResponse } from './dto/activation-response.dto';
import { UserCreationRequest, UserIdParam } from './dto/user-requests.dto';
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
  constructor(private readonly onboarding: UserOnboardingService) {}

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
   * @remarks For a user without a password; the former code ends.
   */
  @Post(':id/activation')
  @ApiIdempotencyKey()
  @RequirePermission(
    'users:write',
    ...(['invalid-input', 'not-found', 'password-already-set'] as const),
    ...(['request-in-progress', 'idempotency-key-reused'] as const),
  )
  @ApiCreatedResponse({ type: ActivationResponse, description: 'The code is issued' })
  async issueActivation(
    @Param() { id }: UserIdParam,
    @Idempotent() request: IdempotentRequest | undefined,
    @Caller() principal: Principal,
  ): Promise<ActivationResponse> {
    return this.onboarding.issueActivation(principal, id, request);
  }
}
