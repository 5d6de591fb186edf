import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { migrations } from '../../migrations';
import type { DatabaseConfig } from '../config/database.config';
import { boundedClient } from './bounded-client';
import { entities } from './entities';

const IDLE_CONNECTION_MS = 30_000;
/** After a failover that the old server does not notice, no connection leads to it for longer than this. */
const CONNECTION_LIFE_SECONDS = 300;
/** For the index of a big table; it only keeps a process from waiting for ever on a connection that died. */
const MIGRATION_STATEMENT_LIMIT_MS = 30 * 60_000;
const MIGRATION_LOCK_TIMEOUT_MS = 20_000;
const OPERATOR_STATEMENT_LIMIT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** What TypeORM needs to know wherever it runs. */
function commonOptions(url: string, applicationName: string) {
  return {
    type: 'postgres',
    url,
    applicationName,
    entities,
    migrations,
    migrationsRun: false,
    migrationsTransactionMode: 'each',
    synchronize: false,
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
    logging: false,
  } satisfies PostgresDataSourceOptions;
}

/** Options of the serving process: every wait has a limit. */
export function serviceDataSourceOptions(config: DatabaseConfig, url: string): PostgresDataSourceOptions {
  const { poolSize, timeoutMs } = config;
  return {
    ...commonOptions(url, 'promptstack-auth'),
    poolSize,
    connectTimeoutMS: timeoutMs,
    extra: {
      Client: boundedClient(timeoutMs),
      statement_timeout: timeoutMs,
      lock_timeout: timeoutMs,
      idle_in_transaction_session_timeout: timeoutMs * 2,
      idleTimeoutMillis: IDLE_CONNECTION_MS,
      maxLifetimeSeconds: CONNECTION_LIFE_SECONDS,
      keepAlive: true,
    },
  };
}

/** Options for migrations and seeds: statements may take long, waits for locks and connections may not. */
export function migrationDataSourceOptions(url: string): PostgresDataSourceOptions {
  return {
    ...commonOptions(url, 'promptstack-auth-migrations'),
    poolSize: 2,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: { Client: boundedClient(MIGRATION_STATEMENT_LIMIT_MS), lock_timeout: MIGRATION_LOCK_TIMEOUT_MS },
  };
}

/** Options for a command of an operator: what it waits for has a limit, though a longer one than a request has. */
export function operatorDataSourceOptions(url: string): PostgresDataSourceOptions {
  return {
    ...commonOptions(url, 'promptstack-auth-operator'),
    poolSize: 1,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      Client: boundedClient(OPERATOR_STATEMENT_LIMIT_MS),
      lock_timeout: MIGRATION_LOCK_TIMEOUT_MS,
    },
  };
}
