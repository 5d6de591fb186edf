import { Body, Controller, Delete, Get, HttpCode, HttpStatus } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated } from '../http/openapi/api-authenticated.decorator';
import { OptionalBody } from '../http/openapi/optional-body.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { toManagedUserResponse } from '../identity/dto/managed-user-response.dto';
import { CurrentUser } from '../security/current-user.decorator';
import type { UserPrincipal } from '../security/principal';
import { UserExportResponse } from './dto/user-answers.dto';
import { SelfDeletionRequest } from './dto/user-requests.dto';
import { SelfService } from './self.service';

@ApiTags('Identity')
@Controller('users/me')
export class SelfController {
  constructor(private readonly self: SelfService) {}

  /**
   * Everything that is stored about the caller
   * @remarks The password is not: a hash never leaves the database layer.
   */
  @Get('export')
  @ApiAuthenticated()
  @ApiOkResponse({ type: UserExportResponse, description: 'Everything that is stored' })
  async exportMe(@CurrentUser() principal: UserPrincipal): Promise<UserExportResponse> {
    const { user, history } = await this.self.export(principal);
    return { user: toManagedUserResponse(user), ...history };
  }

  /**
   * Delete the caller's account
   * @remarks Requires a sign-in within the last 10 minutes, or the password. The last administrator and the last owner of a team
   * cannot go. A token of an identity provider does not bring the account back.
   */
  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @OptionalBody(SelfDeletionRequest)
  @ApiNoContentResponse({ description: 'The account is deleted' })
  @ApiAuthenticated(
    ...bodyProblems({ pointer: '#/password', detail: 'is not your current password' }),
    'reauthentication-required',
    'password-sign-in-disabled',
    'last-admin',
    'last-owner',
    'too-many-requests',
  )
  async deleteMe(
    @Body() { password }: SelfDeletionRequest,
    @CurrentUser() principal: UserPrincipal,
  ): Promise<void> {
    await this.self.delete(principal, password);
  }
}
