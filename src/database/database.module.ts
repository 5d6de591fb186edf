import { Global, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { DatabaseConfig } from '../config/database.config';
import { serviceDataSourceOptions } from './data-source-options';
import { Database } from './database';
import { DatabaseStarter } from './database-starter';

/** The connection pool and the one way to it. */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(entities: DataSourceOptions['entities']): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [DatabaseConfig],
          useFactory: (config: DatabaseConfig) => ({
            ...serviceDataSourceOptions(config, config.url ?? ''),
            entities: entities ?? [],
            manualInitialization: true, // DatabaseStarter does it, so that the service listens before
          }),
        }),
      ],
      providers: [Database, DatabaseStarter],
      exports: [Database, DatabaseStarter],
    };
  }
}
