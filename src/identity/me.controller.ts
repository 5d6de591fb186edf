import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated } from '../common/openapi/api-authenticated.decorator';
import { CurrentUser } from '../common/security/current-user.decorator';
import type { Principal } from '../common/security/principal';
import { toUserContextResponse, UserContextResponse } from './dto/user-context-response.dto';

@ApiTags('Identity')
@ApiAuthenticated()
@Controller()
export class MeController {
  /**
   * The caller, with teams and domains
   * @remarks Read from the database at this moment, whatever the token says.
   */
  @Get('auth/me')
  @ApiOkResponse({ type: UserContextResponse, description: 'The caller' })
  getMe(@CurrentUser() { identity }: Principal): UserContextResponse {
    return toUserContextResponse(identity);
  }

  /**
   * The caller, with teams and domains
   * @remarks The same answer as `GET /auth/me`; older clients use this path.
   */
  @Get('users/me')
  @ApiOkResponse({ type: UserContextResponse, description: 'The caller' })
  getUserMe(@CurrentUser() { identity }: Principal): UserContextResponse {
    return toUserContextResponse(identity);
  }
}
