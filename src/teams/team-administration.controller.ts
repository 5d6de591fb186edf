import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { DISPLAY_NAME_RULE } from '../common/validation/text-rules';
import { Precondition } from '../http/entity-tag';
import { IfMatch } from '../http/if-match.decorator';
import { ForServices } from '../http/openapi/api-authenticated.decorator';
import {
  ApiIdempotencyKey,
  ApiIfMatch,
  ApiTagged,
  ApiTaggedCreation,
} from '../http/openapi/conditional.decorator';
import { bodyProblems, type DocumentedProblem } from '../http/openapi/problem-response';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { Idempotent, type IdempotentRequest } from '../idempotency/idempotent-request';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import { TeamCreateRequest } from './dto/team-create-request.dto';
import { TeamIdParam } from './dto/team-params.dto';
import { TeamResponse, toTeamResponse } from './dto/team-response.dto';
import { TeamUpdateRequest } from './dto/team-update-request.dto';
import { mayAdminister, TeamAccessService } from './team-access.service';
import { TeamAdministrationService } from './team-administration.service';

const BODY_PROBLEMS = bodyProblems({ pointer: '#/name', detail: DISPLAY_NAME_RULE });
const BAD_ID: DocumentedProblem = {
  code: 'invalid-input',
  detail: 'id must be the id of a team (a UUID)',
  errors: [{ pointer: '#/id', detail: 'must be the id of a team (a UUID)' }],
};
const CHANGING: readonly DocumentedProblem[] = [
  'forbidden',
  'not-found',
  'default-in-use',
  'precondition-failed',
];
const IDEMPOTENCY: readonly DocumentedProblem[] = ['request-in-progress', 'idempotency-key-reused'];
const TAKEN: readonly DocumentedProblem[] = ['name-taken', 'external-ref-taken'];

@ApiTags('Teams')
@Controller('teams')
export class TeamAdministrationController {
  constructor(
    private readonly access: TeamAccessService,
    private readonly teams: TeamAdministrationService,
  ) {}

  /**
   * Create a team
   * @remarks The new team has no members: its creator does not become its owner.
   */
  @Post()
  @RequirePermission('teams:write', ...BODY_PROBLEMS, ...TAKEN, ...IDEMPOTENCY)
  @ApiIdempotencyKey()
  @ApiTaggedCreation(TeamResponse, 'The new team')
  async createTeam(
    @Body() { name, external_ref }: TeamCreateRequest,
    @Idempotent() request: IdempotentRequest | undefined,
    @Caller() principal: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TeamResponse> {
    const team = await this.teams.create({ name, externalRef: external_ref ?? null }, request, principal);
    response.location(`/teams/${team.id}`);
    return team;
  }

  /**
   * One team
   * @remarks For its members and administrators. An inactive team is 404 for all but administrators.
   */
  @Get(':id')
  @ForServices('teams:write', BAD_ID, 'forbidden', 'not-found')
  @ApiTagged(TeamResponse, 'The team')
  async getTeam(@Param() { id }: TeamIdParam, @Caller() principal: Principal): Promise<TeamResponse> {
    return toTeamResponse(await this.access.read(id, principal), mayAdminister(principal));
  }

  /**
   * Update a team
   * @remarks Omitted members keep their value. Owners and admins of the team may change its name; everything else is left to
   * administrators.
   */
  @Patch(':id')
  @ApiIfMatch()
  @ForServices('teams:write', ...BODY_PROBLEMS, ...CHANGING, ...TAKEN)
  @ApiTagged(TeamResponse, 'The updated team')
  async updateTeam(
    @Param() { id }: TeamIdParam,
    @Body() { name, external_ref, is_active, is_default }: TeamUpdateRequest,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
  ): Promise<TeamResponse> {
    const changes = { name, externalRef: external_ref, isActive: is_active, isDefault: is_default };
    return this.teams.update(id, changes, precondition, principal);
  }

  /**
   * Delete a team
   * @remarks Its memberships end. For administrators.
   */
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiIfMatch()
  @ForServices('teams:write', BAD_ID, ...CHANGING)
  @ApiNoContentResponse({ description: 'The team is gone' })
  async deleteTeam(
    @Param() { id }: TeamIdParam,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.teams.delete(id, precondition, principal);
  }
}
