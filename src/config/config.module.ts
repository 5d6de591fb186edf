import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { ConfigModule as NestConfigModule, ConfigService } from '@nestjs/config';
import { AuthConfig } from './auth.config';
import type { Configuration } from './configuration';
import { DatabaseConfig } from './database.config';
import { DevelopmentConfig } from './development.config';
import { HttpConfig } from './http.config';
import { SessionConfig } from './session.config';

/** Hands out the parsed configuration in slices, each under its own class. */
@Module({})
export class ConfigModule {
  static async forRoot(configuration: Configuration): Promise<DynamicModule> {
    const { http, database, auth, sessions, development } = configuration;
    const slices = [
      slice(HttpConfig, 'http'),
      slice(DatabaseConfig, 'database'),
      slice(AuthConfig, 'auth'),
      slice(SessionConfig, 'sessions'),
      slice(DevelopmentConfig, 'development'),
    ];
    return {
      module: ConfigModule,
      global: true,
      imports: [
        // What was parsed is what is used: Nest's module neither reads variables again nor writes them back.
        await NestConfigModule.forRoot({
          ignoreEnvFile: true,
          ignoreEnvVars: true,
          skipProcessEnv: true,
          load: [() => ({ http, database, auth, sessions, development })],
        }),
      ],
      providers: slices,
      exports: slices.map(({ provide }) => provide),
    };
  }
}

function slice<T>(type: Type<T>, key: string) {
  return {
    provide: type,
    inject: [ConfigService],
    useFactory: (config: ConfigService) => config.getOrThrow<T>(key),
  };
}
