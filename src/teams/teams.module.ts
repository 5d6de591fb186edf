import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../idempotency/idempotency.module';
import { UsersModule } from '../users/users.module';
import { TeamAccessService } from './team-access.service';
import { TeamAdministrationController } from './team-administration.controller';
import { TeamAdministrationRepository } from './team-administration.repository';
import { TeamAdministrationService } from './team-administration.service';
import { TeamMembersController } from './team-members.controller';
import { TeamMembersRepository } from './team-members.repository';
import { TeamMembersService } from './team-members.service';
import { TeamsController } from './teams.controller';
import { TeamsRepository } from './teams.repository';
import { TeamsService } from './teams.service';

/** Teams and memberships. */
@Module({
  imports: [IdempotencyModule, UsersModule],
  // The paths of the first controller are more exact than `teams/:id` of the second.
  controllers: [TeamsController, TeamAdministrationController, TeamMembersController],
  providers: [
    TeamsRepository,
    TeamsService,
    TeamAccessService,
    TeamAdministrationRepository,
    TeamAdministrationService,
    TeamMembersRepository,
    TeamMembersService,
  ],
  exports: [TeamsService],
})
export class TeamsModule {}
