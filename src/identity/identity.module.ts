import { Module } from '@nestjs/common';
import { DomainsModule } from '../domains/domains.module';
import { TeamsModule } from '../teams/teams.module';
import { UsersModule } from '../users/users.module';
import { IdentityContextReader } from './identity-context.reader';
import { MeController } from './me.controller';
import { ProfileService } from './profile.service';
import { UserProvisioner } from './user-provisioner';

/** Who a person is: the read model over users, teams and domains, and how a person comes to be. */
@Module({
  imports: [UsersModule, TeamsModule, DomainsModule],
  controllers: [MeController],
  providers: [IdentityContextReader, ProfileService, UserProvisioner],
  exports: [IdentityContextReader, UserProvisioner, UsersModule],
})
export class IdentityModule {}
