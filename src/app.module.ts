import { Module, type DynamicModule } from '@nestjs/common';
import { AccessModule } from './access/access.module';
import { AccountPagesModule } from './account-pages/account-pages.module';
import { AdministrationModule } from './administration/administration.module';
import { Audit } from './audit/audit';
import { AuditModule } from './audit/audit.module';
import { auditDeniedAccess } from './audit/denied-access';
import { AuthModule } from './auth/auth.module';
import { ChangesModule } from './changes/changes.module';
import { CommonModule } from './common/common.module';
import { ConfigModule } from './config/config.module';
import type { Configuration } from './config/configuration';
import { DatabaseModule } from './database/database.module';
import { translateDatabaseError } from './database/postgres-errors';
import { DevelopmentModule } from './development/development.module';
import { DomainsModule } from './domains/domains.module';
import { EventsModule } from './events/events.module';
import { ProblemsModule } from './http/problems/problems.module';
import { ENTITIES } from './entities';
import { HealthModule } from './health/health.module';
import { MetricsModule } from './metrics/metrics.module';
import { IdentityModule } from './identity/identity.module';
import { OAuthModule } from './oauth/oauth.module';
import { ServiceAccountsModule } from './service-accounts/service-accounts.module';
import { RecoveryModule } from './recovery/recovery.module';
import { SessionsModule } from './sessions/sessions.module';
import { TeamsModule } from './teams/teams.module';
import { TracingModule } from './tracing/tracing.module';
import { UsersModule } from './users/users.module';

/** The service. */
@Module({})
export class AppModule {
  static forRoot(configuration: Configuration): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(configuration),
        CommonModule,
        ProblemsModule.forRoot({
          translators: [translateDatabaseError],
          observer: { inject: [Audit], useFactory: auditDeniedAccess },
        }),
        DatabaseModule.forRoot(ENTITIES),
        AuditModule,
        ChangesModule,
        HealthModule,
        MetricsModule.forRoot(configuration.metrics),
        TracingModule.forRoot(configuration.tracing),
        AuthModule,
        RecoveryModule,
        AccountPagesModule.forRoot(configuration.mail),
        AccessModule,
        OAuthModule,
        ServiceAccountsModule,
        SessionsModule,
        IdentityModule,
        AdministrationModule,
        EventsModule,
        UsersModule,
        TeamsModule,
        DomainsModule,
        DevelopmentModule.forRoot(configuration.development, configuration.mail),
      ],
    };
  }
}
