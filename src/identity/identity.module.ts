import { Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module';
import { DomainsModule } from '../domains/domains.module';
import { ServiceAccountsModule } from '../service-accounts/service-accounts.module';
import { TeamsModule } from '../teams/teams.module';
import { UsersModule } from '../users/users.module';
import { DevHeaderIdentities } from './dev-header-identities';
import { IdentityContextReader } from './identity-context.reader';
import { ManagedUsersReader } from './managed-users.reader';
import { MeController } from './me.controller';
import { ProfileService } from './profile.service';
import { ProviderIdentitiesReader } from './provider-identities.reader';
import { IdentitySnapshots } from './snapshots/identity-snapshots';
import { SessionIdentityReader } from './session-identity.reader';
import { UserProvisioner } from './user-provisioner';

/** The read model of users with teams and domains, and the provisioning of users. */
@Module({
  imports: [ChangesModule, UsersModule, TeamsModule, DomainsModule, ServiceAccountsModule],
  controllers: [MeController],
  providers: [
    DevHeaderIdentities,
    IdentityContextReader,
    IdentitySnapshots,
    ManagedUsersReader,
    ProfileService,
    ProviderIdentitiesReader,
    SessionIdentityReader,
    UserProvisioner,
  ],
  exports: [
    DevHeaderIdentities,
    IdentityContextReader,
    IdentitySnapshots,
    ManagedUsersReader,
    ProviderIdentitiesReader,
    SessionIdentityReader,
    UserProvisioner,
    UsersModule,
  ],
})
export class IdentityModule {}
