import { Module } from '@nestjs/common';
import { ADVISORY_LOCKS } from '../database/advisory-locks';
import { IdempotencyModule } from '../idempotency/idempotency.module';
import { cleanup } from '../jobs/cleanup';
import { JobsModule } from '../jobs/jobs.module';
import { MailModule } from '../mail/mail.module';
import { TokensModule } from '../tokens/tokens.module';
import { UsersModule } from '../users/users.module';
import { CredentialEndingsService } from './credential-endings.service';
import { EndedServiceTokensRepository } from './ended-service-tokens.repository';
import { KeyUseRecorder } from './key-use-recorder';
import { ServiceAccountsController } from './service-accounts.controller';
import { ServiceAccountsRepository } from './service-accounts.repository';
import { ServiceAccountsService } from './service-accounts.service';
import { ServiceAuthenticator } from './service-authenticator';
import { ServiceCredentialsReader } from './service-credentials.reader';
import { ServiceKeysController } from './service-keys.controller';
import { ServiceKeysRepository } from './service-keys.repository';
import { ServiceKeysService } from './service-keys.service';

/** Service accounts: other services as callers, their keys and tokens. */
@Module({
  imports: [IdempotencyModule, JobsModule, MailModule, TokensModule, UsersModule],
  controllers: [ServiceAccountsController, ServiceKeysController],
  providers: [
    CredentialEndingsService,
    EndedServiceTokensRepository,
    KeyUseRecorder,
    ServiceAccountsRepository,
    ServiceAccountsService,
    ServiceAuthenticator,
    ServiceCredentialsReader,
    ServiceKeysRepository,
    ServiceKeysService,
    cleanup({
      name: 'ended-service-tokens-cleanup',
      lock: ADVISORY_LOCKS.endedServiceTokensCleanup,
      repository: EndedServiceTokensRepository,
      deletions: (ended) => [(limit, manager) => ended.deleteExpired(limit, manager)],
    }),
  ],
  exports: [CredentialEndingsService, ServiceAuthenticator],
})
export class ServiceAccountsModule {}
