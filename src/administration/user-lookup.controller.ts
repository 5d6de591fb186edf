import { Body, Controller, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ForServices } from '../http/openapi/api-authenticated.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { Caller } from '../security/caller.decorator';
import { permissionsOf, type Principal } from '../security/principal';
import { toUserCardResponse, UserCardsResponse } from './dto/user-answers.dto';
import { UserLookupRequest } from './dto/user-requests.dto';
import { ManagedUsersRepository } from './managed-users.repository';

@ApiTags('Users')
@Controller('users/lookup')
export class UserLookupController {
  constructor(private readonly users: ManagedUsersRepository) {}

  /**
   * Look up users by id
   * @remarks Those that exist, in the order asked; administrators, and services with `users:read`, see their addresses too.
   */
  @Post()
  @HttpCode(HttpStatus.OK)
  @ApiOkResponse({ type: UserCardsResponse, description: 'The users that exist' })
  @ForServices('users:read', ...bodyProblems({ pointer: '#/ids', detail: 'must have 1 to 100 ids' }))
  async lookUpUsers(
    @Body() { ids }: UserLookupRequest,
    @Caller() principal: Principal,
  ): Promise<UserCardsResponse> {
    const showsEmail = permissionsOf(principal).includes('users:read');
    const cards = await this.users.findCards(ids);
    return { items: cards.map((card) => toUserCardResponse(card, showsEmail)) };
  }
}
