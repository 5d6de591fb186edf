import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated } from '../http/openapi/api-authenticated.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { CurrentUser } from '../security/current-user.decorator';
import type { UserPrincipal } from '../security/principal';
import { DISPLAY_NAME_RULE } from '../common/validation/text-rules';
import { ProfileUpdateRequest } from './dto/profile-update-request.dto';
import { toUserContextResponse, UserContextResponse } from './dto/user-context-response.dto';
import { ProfileService } from './profile.service';

@ApiTags('Identity')
@Controller()
export class MeController {
  constructor(private readonly profile: ProfileService) {}

  /**
   * The caller with teams and domains
   * @remarks Read from the database at the time of the request, not from the token.
   */
  @Get('auth/me')
  @ApiAuthenticated()
  @ApiOkResponse({ type: UserContextResponse, description: 'The caller' })
  getMe(@CurrentUser() { identity }: UserPrincipal): UserContextResponse {
    return toUserContextResponse(identity);
  }

  /**
   * The caller with teams and domains
   * @remarks Same as `GET /auth/me`; kept for older clients.
   */
  @Get('users/me')
  @ApiAuthenticated()
  @ApiOkResponse({ type: UserContextResponse, description: 'The caller' })
  getCurrentUser(@CurrentUser() { identity }: UserPrincipal): UserContextResponse {
    return toUserContextResponse(identity);
  }

  /**
   * Update the caller's profile
   * @remarks Omitted members keep their value.
   */
  @Patch('users/me')
  @ApiOkResponse({ type: UserContextResponse, description: 'The updated caller' })
  @ApiAuthenticated(...bodyProblems({ pointer: '#/name', detail: DISPLAY_NAME_RULE }))
  async updateMe(
    @CurrentUser() { identity }: UserPrincipal,
    @Body() { name, avatar_url: avatarUrl }: ProfileUpdateRequest,
  ): Promise<UserContextResponse> {
    return toUserContextResponse(await this.profile.update(identity, { name, avatarUrl }));
  }
}
