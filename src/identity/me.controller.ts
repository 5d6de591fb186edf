import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated } from '../common/openapi/api-authenticated.decorator';
import { ApiProblems } from '../common/openapi/api-problems.decorator';
import { CurrentUser } from '../common/security/current-user.decorator';
import type { Principal } from '../common/security/principal';
import { ProfileUpdateRequest } from './dto/profile-update-request.dto';
import { toUserContextResponse, UserContextResponse } from './dto/user-context-response.dto';
import { ProfileService } from './profile.service';

@ApiTags('Identity')
@ApiAuthenticated()
@Controller()
export class MeController {
  constructor(private readonly profile: ProfileService) {}

  /** The caller, with teams and domains */
  @Get('auth/me')
  @ApiOkResponse({ type: UserContextResponse, description: 'The caller' })
  me(@CurrentUser() { identity }: Principal): UserContextResponse {
    return toUserContextResponse(identity);
  }

  /**
   * The caller, with teams and domains
   * @remarks The same answer as `GET /auth/me`; older clients use this path.
   */
  @Get('users/me')
  @ApiOkResponse({ type: UserContextResponse, description: 'The caller' })
  userMe(@CurrentUser() { identity }: Principal): UserContextResponse {
    return toUserContextResponse(identity);
  }

  /**
   * Change one's own name or picture
   * @remarks What is left out stays.
   */
  @Patch('users/me')
  @ApiOkResponse({ type: UserContextResponse, description: 'The caller, as changed' })
  @ApiProblems('invalid-input', 'malformed-json', 'body-too-large', 'unsupported-media-type')
  async update(
    @CurrentUser() { identity }: Principal,
    @Body() { name, avatar_url: avatarUrl }: ProfileUpdateRequest,
  ): Promise<UserContextResponse> {
    return toUserContextResponse(await this.profile.update(identity, { name, avatarUrl }));
  }
}
