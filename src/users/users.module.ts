import { Module } from '@nestjs/common';
import { ActivationsService } from './activations.service';
import { AuthorityService } from './authority.service';
import { UserActivationsRepository } from './user-activations.repository';
import { UsersRepository } from './users.repository';
import { UsersService } from './users.service';

/** People. */
@Module({
  providers: [ActivationsService, UserActivationsRepository, AuthorityService, UsersRepository, UsersService],
  exports: [ActivationsService, AuthorityService, UsersService],
})
export class UsersModule {}
