import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { migrations } from '../../migrations';
import { readDatabaseUrl } from '../config/database-url';
import type { DatabaseConfig } from '../config/database.config';
import { postgresDriver } from './postgres-driver';

const IDLE_CONNECTION_MS = 30_000;
/** After a failover that the old server does not notice, no connection leads to it for longer than this. */
const CONNECTION_LIFE_SECONDS = 300;
/** For the index of a big table; it only keeps a process from waiting for ever on a connection that died. */
const MIGRATION_STATEMENT_LIMIT_MS = 30 * 60_000;
const MIGRATION_LOCK_TIMEOUT_MS = 20_000;
const OPERATOR_STATEMENT_LIMIT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** What TypeORM needs to know wherever it runs; who works with entities adds them. */
const COMMON = {
  type: 'postgres',
  migrations,
  migrationsRun: false,
  migrationsTransactionMode: 'each',
  synchronize: false,
  uuidExtension: 'pgcrypto',
  installExtensions: false,
  invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
  logging: false,
} satisfies PostgresDataSourceOptions;

/** How the driver connects. TypeORM would read the address in a way of its own, which knows no sockets. */
function connectionOptions(url: string, applicationName: string) {
  const { application_name = applicationName, ...connection } = readDatabaseUrl(url);
  return { ...connection, application_name };
}

/** Options of the serving process: every wait has a limit. */
export function serviceDataSourceOptions(config: DatabaseConfig, url: string): PostgresDataSourceOptions {
  const { poolSize, timeoutMs } = config;
  const session = {
    statement_timeout: timeoutMs,
    lock_timeout: timeoutMs,
    idle_in_transaction_session_timeout: timeoutMs * 2,
  };
  return {
    ...COMMON,
    driver: postgresDriver({ statementMs: timeoutMs, session }),
    poolSize,
    connectTimeoutMS: timeoutMs,
    extra: {
      ...connectionOptions(url, 'promptstack-auth'),
      idleTimeoutMillis: IDLE_CONNECTION_MS,
      maxLifetimeSeconds: CONNECTION_LIFE_SECONDS,
      keepAlive: true,
    },
  };
}

/** Options for migrations and seeds: statements may take long, waits for locks and connections may not. */
export function migrationDataSourceOptions(url: string): PostgresDataSourceOptions {
  const session = {
    statement_timeout: 0,
    lock_timeout: MIGRATION_LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: 0,
  };
  return {
    ...COMMON,
    driver: postgresDriver({ statementMs: MIGRATION_STATEMENT_LIMIT_MS, session }),
    poolSize: 2,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: connectionOptions(url, 'promptstack-auth-migrations'),
  };
}

/** Options for a command of an operator: what it waits for has a limit, though a longer one than a request has. */
export function operatorDataSourceOptions(url: string): PostgresDataSourceOptions {
  const session = {
    statement_timeout: OPERATOR_STATEMENT_LIMIT_MS,
    lock_timeout: MIGRATION_LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: OPERATOR_STATEMENT_LIMIT_MS,
  };
  return {
    ...COMMON,
    driver: postgresDriver({ statementMs: OPERATOR_STATEMENT_LIMIT_MS, session }),
    poolSize: 1,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: connectionOptions(url, 'promptstack-auth-operator'),
  };
}
