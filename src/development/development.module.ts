import { Module, type DynamicModule } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import type { DevelopmentConfig } from '../config/development.config';
import { DomainsModule } from '../domains/domains.module';
import { TeamsModule } from '../teams/teams.module';
import { UsersModule } from '../users/users.module';
import type { MailConfig } from '../config/mail.config';
import { DevMailsController } from './dev-mails.controller';
import { DevTokenController } from './dev-token.controller';
import { SeedFileRepository } from './seed-file.repository';
import { SeedFileService } from './seed-file.service';
import { SeedUsersService } from './seed-users.service';

/** Test data and tokens for development. What the configuration does not enable is not registered. */
@Module({})
export class DevelopmentModule {
  static forRoot({ seedFile, devHeaders }: DevelopmentConfig, { delivery }: MailConfig): DynamicModule {
    return {
      module: DevelopmentModule,
      imports: [AuthModule, UsersModule, TeamsModule, DomainsModule],
      controllers: [
        ...(devHeaders ? [DevTokenController] : []),
        ...(delivery === 'files' ? [DevMailsController] : []),
      ],
      providers: seedFile === undefined ? [] : [SeedFileRepository, SeedFileService, SeedUsersService],
    };
  }
}
