import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DatabaseConfig } from '../config/database.config';
import { serviceDataSourceOptions } from './data-source-options';
import { Database } from './database';
import { DatabaseStarter } from './database-starter';

/** The connection pool and the one way to it. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [DatabaseConfig],
      useFactory: (config: DatabaseConfig) => ({
        ...serviceDataSourceOptions(config, config.url ?? ''),
        manualInitialization: true, // DatabaseStarter does it, so that the service listens before
      }),
    }),
  ],
  providers: [Database, DatabaseStarter],
  exports: [Database, DatabaseStarter],
})
export class DatabaseModule {}
