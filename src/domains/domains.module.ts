import { Module } from '@nestjs/common';
import { IdempotencyModule } from '../idempotency/idempotency.module';
import { UsersModule } from '../users/users.module';
import { DomainAccessService } from './domain-access.service';
import { DomainAdministrationController } from './domain-administration.controller';
import { DomainAdministrationRepository } from './domain-administration.repository';
import { DomainAdministrationService } from './domain-administration.service';
import { DomainUsersController } from './domain-users.controller';
import { DomainUsersRepository } from './domain-users.repository';
import { DomainUsersService } from './domain-users.service';
import { DomainsController } from './domains.controller';
import { DomainsRepository } from './domains.repository';
import { DomainsService } from './domains.service';

/** Business domains and assignments. */
@Module({
  imports: [IdempotencyModule, UsersModule],
  // The paths of the first controller are more exact than `domains/:id` of the second.
  controllers: [DomainsController, DomainAdministrationController, DomainUsersController],
  providers: [
    DomainsRepository,
    DomainsService,
    DomainAccessService,
    DomainAdministrationRepository,
    DomainAdministrationService,
    DomainUsersRepository,
    DomainUsersService,
  ],
  exports: [DomainsService],
})
export class DomainsModule {}
