import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { decodeCursor, isNumberKey } from '../common/cursor';
import type { Precondition } from '../http/entity-tag';
import { IfMatch } from '../http/if-match.decorator';
import { ForServices } from '../http/openapi/api-authenticated.decorator';
import {
  ApiIdempotencyKey,
  ApiIfMatch,
  ApiTagged,
  ApiTaggedPart,
} from '../http/openapi/conditional.decorator';
import { OptionalBody } from '../http/openapi/optional-body.decorator';
import { bodyProblems, type DocumentedProblem } from '../http/openapi/problem-response';
import { DEFAULT_PAGE_SIZE, toPage } from '../http/page';
import { PageQuery } from '../http/page-query.dto';
import { Idempotent, type IdempotentRequest } from '../idempotency/idempotent-request';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import { requireEmail } from '../users/email';
import { MemberAddRequest, MemberPutRequest } from './dto/member-requests.dto';
import { MemberPage, MemberResponse, toMemberResponse } from './dto/member-response.dto';
import { TeamIdParam, TeamMemberParam } from './dto/team-params.dto';
import { TeamMembersService } from './team-members.service';

const BAD_LIMIT: DocumentedProblem = {
  code: 'invalid-input',
  detail: 'limit must be a whole number from 1 to 200',
  errors: [{ pointer: '#/limit', detail: 'must be a whole number from 1 to 200' }],
};
const ADDING: readonly DocumentedProblem[] = [
  ...(['forbidden', 'not-found', 'already-member', 'address-unproven'] as const),
  ...(['request-in-progress', 'idempotency-key-reused'] as const),
];
const BODY_PROBLEMS = bodyProblems({ pointer: '#/role', detail: 'must be one of owner, admin, member' });

@ApiTags('Teams')
@Controller('teams/:id/members')
export class TeamMembersController {
  constructor(private readonly members: TeamMembersService) {}

  /**
   * The members of a team
   * @remarks Those who have been in the team the longest first. For members and administrators.
   */
  @Get()
  @ForServices('teams:write', BAD_LIMIT, 'forbidden', 'not-found')
  @ApiOkResponse({ type: MemberPage, description: 'A page of members' })
  async listMembers(
    @Param() { id }: TeamIdParam,
    @Query() { limit = DEFAULT_PAGE_SIZE, cursor }: PageQuery,
    @Caller() principal: Principal,
  ): Promise<MemberPage> {
    const list = { list: 'team-members', team: id };
    const after = decodeCursor(list, cursor, isNumberKey);
    return toPage(await this.members.list(id, after, limit, principal), limit, list, toMemberResponse);
  }

  /**
   * Add a member by address
   * @remarks For owners and admins of the team and for administrators; only owners and administrators add owners.
   */
  @Post()
  @ApiIdempotencyKey()
  @ForServices('teams:write', ...BODY_PROBLEMS, ...ADDING)
  @ApiTaggedPart(MemberResponse, 'The new member')
  async addMember(
    @Param() { id }: TeamIdParam,
    @Body() { email, role, allow_unproven }: MemberAddRequest,
    @Idempotent() request: IdempotentRequest | undefined,
    @Caller() principal: Principal,
  ): Promise<MemberResponse> {
    const allowUnproven = allow_unproven === true;
    return this.members.invite(id, { email: requireEmail(email), role, allowUnproven, request }, principal);
  }

  /**
   * Make a user a member, or change the role of a member
   * @remarks For owners and admins of the team and for administrators; only owners and administrators make or unmake owners. With
   * If-Match only who is a member already, as the ETag says.
   */
  @Put(':user_id')
  @OptionalBody(MemberPutRequest)
  @ApiIfMatch()
  @ForServices('teams:write', ...BODY_PROBLEMS, 'forbidden', 'not-found', 'last-owner', 'precondition-failed')
  @ApiTagged(MemberResponse, 'The member, who was one before')
  @ApiTaggedPart(MemberResponse, 'The new member')
  // eslint-disable-next-line no-restricted-syntax -- a route that answers 201 or 200, and takes a condition, has five parts
  async putMember(
    @Param() { id, user_id: userId }: TeamMemberParam,
    @Body() { role }: MemberPutRequest,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<MemberResponse> {
    const { member, isNew } = await this.members.put({ teamId: id, userId, role }, precondition, principal);
    response.status(isNew ? HttpStatus.CREATED : HttpStatus.OK);
    return toMemberResponse(member);
  }

  /**
   * Remove a member
   * @remarks For owners and admins of the team, for administrators, and for the member; only owners and administrators remove
   * owners. A provider whose groups name the team adds the user again with the next token.
   */
  @Delete(':user_id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiIfMatch()
  @ForServices('teams:write', 'forbidden', 'not-found', 'last-owner', 'precondition-failed')
  @ApiNoContentResponse({ description: 'The user is no member any more' })
  async removeMember(
    @Param() { id, user_id: userId }: TeamMemberParam,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.members.remove({ teamId: id, userId }, precondition, principal);
  }
}
