import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated, ForServices } from '../http/openapi/api-authenticated.decorator';
import { Caller } from '../security/caller.decorator';
import { CurrentUser } from '../security/current-user.decorator';
import type { Principal, UserPrincipal } from '../security/principal';
import {
  MembershipResponse,
  TeamResponse,
  toMembershipResponse,
  toTeamResponse,
} from './dto/team-response.dto';
import { mayAdminister } from './team-access.service';
import { TeamsService } from './teams.service';

@ApiTags('Teams')
@Controller('teams')
export class TeamsController {
  constructor(private readonly teams: TeamsService) {}

  /**
   * The caller's teams
   * @remarks Ordered by name, including inactive ones (`is_active: false`).
   */
  @Get()
  @ApiAuthenticated()
  @ApiOkResponse({ type: [MembershipResponse], description: 'The teams of the caller' })
  listOwnTeams(@CurrentUser() { identity }: UserPrincipal): MembershipResponse[] {
    return identity.teams.map(toMembershipResponse);
  }

  /**
   * All active teams
   * @remarks Ordered by name.
   */
  @Get('all')
  @ForServices('teams:write')
  @ApiOkResponse({ type: [TeamResponse], description: 'All active teams' })
  async listAllTeams(@Caller() principal: Principal): Promise<TeamResponse[]> {
    const isForAdmin = mayAdminister(principal);
    return (await this.teams.listActive()).map((team) => toTeamResponse(team, isForAdmin));
  }
}
