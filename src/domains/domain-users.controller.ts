import { Controller, Delete, Get, HttpCode, HttpStatus, Param, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { decodeCursor, isNumberKey } from '../common/cursor';
import { ForServices } from '../http/openapi/api-authenticated.decorator';
import type { DocumentedProblem } from '../http/openapi/problem-response';
import { DEFAULT_PAGE_SIZE, toPage } from '../http/page';
import { PageQuery } from '../http/page-query.dto';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import { DomainUsersService } from './domain-users.service';
import { DomainIdParam, DomainUserParam } from './dto/domain-params.dto';
import { DomainUserPage, toDomainUserResponse } from './dto/domain-user-response.dto';

const BAD_LIMIT: DocumentedProblem = {
  code: 'invalid-input',
  detail: 'limit must be a whole number from 1 to 200',
  errors: [{ pointer: '#/limit', detail: 'must be a whole number from 1 to 200' }],
};

@ApiTags('Domains')
@Controller('domains/:id/users')
export class DomainUsersController {
  constructor(private readonly users: DomainUsersService) {}

  /**
   * The users who are assigned to a domain
   * @remarks Ordered by the time of the assignment; users who only inherit the domain are not listed. For administrators.
   */
  @Get()
  @ForServices('domains:write', BAD_LIMIT, 'forbidden', 'not-found')
  @ApiOkResponse({ type: DomainUserPage, description: 'A page of users' })
  async listUsers(
    @Param() { id }: DomainIdParam,
    @Query() { limit = DEFAULT_PAGE_SIZE, cursor }: PageQuery,
    @Caller() principal: Principal,
  ): Promise<DomainUserPage> {
    const list = { list: 'domain-users', domain: id };
    const after = decodeCursor(list, cursor, isNumberKey);
    return toPage(await this.users.list(id, after, limit, principal), limit, list, toDomainUserResponse);
  }

  /**
   * Assign a user to a domain
   * @remarks May be repeated. For administrators.
   */
  @Put(':user_id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ForServices('domains:write', 'forbidden', 'not-found')
  @ApiNoContentResponse({ description: 'The user is assigned' })
  async assignUser(
    @Param() { id, user_id: userId }: DomainUserParam,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.users.assign(id, userId, principal);
  }

  /**
   * Take a user out of a domain
   * @remarks May be repeated. A provider whose claims name the domain assigns the user again with the next token. For
   * administrators.
   */
  @Delete(':user_id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ForServices('domains:write', 'forbidden', 'not-found')
  @ApiNoContentResponse({ description: 'The user is not assigned' })
  async unassignUser(
    @Param() { id, user_id: userId }: DomainUserParam,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.users.unassign(id, userId, principal);
  }
}
