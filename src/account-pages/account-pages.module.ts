import { Module, type DynamicModule } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import type { MailConfig } from '../config/mail.config';
import { RecoveryModule } from '../recovery/recovery.module';
import { AccountPagesController } from './account-pages.controller';
import { AccountPagesService } from './account-pages.service';

/** The pages under `/account`, if they are switched on. */
@Module({})
export class AccountPagesModule {
  static forRoot({ accountPages }: MailConfig): DynamicModule {
    return {
      module: AccountPagesModule,
      imports: [AuthModule, RecoveryModule],
      controllers: accountPages ? [AccountPagesController] : [],
      providers: accountPages ? [AccountPagesService] : [],
    };
  }
}
