import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions';
import { migrations } from '../../migrations';
import { readDatabaseUrl } from '../config/database-url';
import type { DatabaseConfig } from '../config/database.config';
import { postgresDriver } from './postgres-driver';

const IDLE_CONNECTION_MS = 30_000;
/** Maximum age of a connection, so that none stays with an old primary after a failover. */
const CONNECTION_LIFE_SECONDS = 300;
/** Enough for the index of a large table; only prevents waiting for ever on a lost connection. */
const MIGRATION_STATEMENT_LIMIT_MS = 30 * 60_000;
const MIGRATION_LOCK_TIMEOUT_MS = 20_000;
const OPERATOR_STATEMENT_LIMIT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** Options common to every data source; users of entities add those. */
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

/** Connection options of the driver. TypeORM parses the URL itself, without support for sockets. */
export function connectionOptions(url: string, applicationName: string) {
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
    driver: postgresDriver({ statementMs: timeoutMs, session, isMeasured: true }),
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

/** Options for migrations and seeds: statements may take long, but not waits for locks and connections. */
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

/** Options for operators' commands: every wait has a limit, longer than that of a request. */
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
