import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { decodeCursor, type ListScope } from '../common/cursor';
import type { Precondition } from '../http/entity-tag';
import { IfMatch } from '../http/if-match.decorator';
import { ApiIfMatch, ApiTagged } from '../http/openapi/conditional.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { DEFAULT_PAGE_SIZE, toPage } from '../http/page';
import { ManagedUserResponse, toManagedUserResponse } from '../identity/dto/managed-user-response.dto';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import { requireEmail } from '../users/email';
import { ManagedUserPage } from './dto/user-answers.dto';
import { UserListQuery } from './dto/user-list-query.dto';
import { UserIdParam, UserUpdateRequest } from './dto/user-requests.dto';
import { UserAdministrationService } from './user-administration.service';

/** The sort key of the orders by time, as the database writes it. */
const TIME = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

@ApiTags('Users')
@Controller('users')
export class UsersController {
  constructor(private readonly users: UserAdministrationService) {}

  /**
   * List users
   * @remarks In pages: a list that is read to its end while users come, change and go shows each one that stayed, and whose sort key
   * did not change, exactly once.
   */
  @Get()
  @RequirePermission('users:read', 'invalid-input')
  @ApiOkResponse({ type: ManagedUserPage, description: 'A page of users' })
  async searchUsers(@Query() query: UserListQuery): Promise<ManagedUserPage> {
    const { q, team, domain, role, active, sort = 'email', limit = DEFAULT_PAGE_SIZE } = query;
    const scope: ListScope = { list: 'users', q, team, domain, role, active, sort };
    const after = decodeCursor(scope, query.cursor, sort.endsWith('created_at') ? isTime : undefined);
    const filters = { search: q, teamId: team, domainId: domain, role, isActive: active };
    const rows = await this.users.list({ ...filters, order: sort, after, limit });
    return toPage(rows, limit, scope, toManagedUserResponse);
  }

  /**
   * One user
   * @remarks With the ETag to send as If-Match with a change.
   */
  @Get(':id')
  @RequirePermission('users:read', 'invalid-input', 'not-found')
  @ApiTagged(ManagedUserResponse, 'The user')
  async getUser(@Param() { id }: UserIdParam): Promise<ManagedUserResponse> {
    return toManagedUserResponse(await this.users.get(id));
  }

  /**
   * Change a user
   * @remarks Omitted members keep their value. A deactivation ends everything that was issued to the user, on every replica;
   * a later activation revives nothing.
   */
  @Patch(':id')
  @ApiIfMatch()
  @RequirePermission(
    'users:write',
    ...bodyProblems({ pointer: '#/role', detail: 'must be one of user, admin' }),
    ...([
      'not-found',
      'email-already-registered',
      'last-admin',
      'last-owner',
      'precondition-failed',
    ] as const),
  )
  @ApiTagged(ManagedUserResponse, 'The user as changed')
  async updateUser(
    @Param() { id }: UserIdParam,
    @Body() { email, name, avatar_url: avatarUrl, role, is_active: isActive }: UserUpdateRequest,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
  ): Promise<ManagedUserResponse> {
    const changes = {
      name,
      avatarUrl,
      role,
      isActive,
      email: email === undefined ? undefined : requireEmail(email),
    };
    return toManagedUserResponse(await this.users.update(principal, id, changes, precondition));
  }

  /**
   * Delete a user
   * @remarks A tombstone stays of identities at providers, so that the next token does not bring the user back.
   */
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiIfMatch()
  @RequirePermission(
    'users:write',
    'invalid-input',
    'not-found',
    'last-admin',
    'last-owner',
    'precondition-failed',
  )
  @ApiNoContentResponse({ description: 'The user is deleted' })
  async deleteUser(
    @Param() { id }: UserIdParam,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.users.delete(principal, id, precondition);
  }

  /**
   * Let a deleted user come back
   * @remarks Removes the tombstone: the next token of an identity of the user makes a new account.
   */
  @Delete(':id/tombstone')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('users:write', 'invalid-input', 'not-found')
  @ApiNoContentResponse({ description: 'The tombstone is removed' })
  async deleteTombstone(@Param() { id }: UserIdParam, @Caller() principal: Principal): Promise<void> {
    await this.users.removeTombstone(principal, id);
  }
}

function isTime(key: string): boolean {
  return TIME.test(key);
}
