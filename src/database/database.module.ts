import { Global, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { DatabaseConfig } from '../config/database.config';
import { serviceDataSourceOptions } from './data-source-options';
import { Database } from './database';
import { DatabaseStarter } from './database-starter';

/** The connection pool, and `Database`, the only access to it. */
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
            manualInitialization: true, // DatabaseStarter initialises it, after the service listens
          }),
        }),
      ],
      providers: [Database, DatabaseStarter],
      exports: [Database, DatabaseStarter],
    };
  }
}
