import { Module } from '@nestjs/common';
import { AuthorityService } from './authority.service';
import { UsersRepository } from './users.repository';
import { UsersService } from './users.service';

/** People. */
@Module({
  providers: [AuthorityService, UsersRepository, UsersService],
  exports: [AuthorityService, UsersService],
})
export class UsersModule {}
