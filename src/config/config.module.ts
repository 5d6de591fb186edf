import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { ConfigModule as NestConfigModule, registerAs } from '@nestjs/config';
import { AuditConfig } from './audit.config';
import type { Configuration } from './configuration';
import { DatabaseConfig } from './database.config';
import { DevelopmentConfig } from './development.config';
import { EventsConfig } from './events.config';
import { FederationConfig } from './federation.config';
import { HttpConfig } from './http.config';
import { LimitsConfig } from './limits.config';
import { LoggingConfig } from './logging.config';
import { MetricsConfig } from './metrics.config';
import { MailConfig } from './mail.config';
import { PasswordConfig } from './password.config';
import { SessionConfig } from './session.config';
import { TokenConfig } from './token.config';
import { TracingConfig } from './tracing.config';

/** The injection class of each slice. */
const SLICES = {
  http: HttpConfig,
  database: DatabaseConfig,
  tokens: TokenConfig,
  passwords: PasswordConfig,
  limits: LimitsConfig,
  audit: AuditConfig,
  sessions: SessionConfig,
  mail: MailConfig,
  federation: FederationConfig,
  events: EventsConfig,
  development: DevelopmentConfig,
  logging: LoggingConfig,
  metrics: MetricsConfig,
  tracing: TracingConfig,
} satisfies { readonly [K in Exclude<keyof Configuration, 'warnings'>]: Type<Configuration[K]> };

/** Provides the parsed configuration in slices, each by its own class. */
@Module({})
export class ConfigModule {
  static async forRoot(configuration: Configuration): Promise<DynamicModule> {
    const names = Object.keys(SLICES) as (keyof typeof SLICES)[];
    const slices = names.map((name) => registerAs(name, () => configuration[name]));
    return {
      module: ConfigModule,
      global: true,
      imports: [
        // Nest's module uses what was parsed: it neither reads variables again nor writes them back.
        await NestConfigModule.forRoot({
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
          load: slices,
        }),
      ],
      providers: slices.map(({ KEY }, at) => ({ provide: SLICES[names[at]!], useExisting: KEY })),
      exports: Object.values(SLICES),
    };
  }
}
