import { databaseUrl } from './database-url';
import { integer, parsed } from './rules';
import { secret, setting, sliceOf, type ValuesOf } from './setting';

export const DATABASE_SETTINGS = {
  /** Undefined for the embedded PostgreSQL, outside production only. */
  url: secret(
    'DATABASE_URL',
    parsed(databaseUrl).optional(),
    'PostgreSQL 14 or newer; TLS by `?sslmode=verify-full`. Unset outside production: the embedded PostgreSQL, which keeps its data in `.data/`',
    { inProduction: (url) => url === undefined && 'is required' },
  ),
  /** Address of the migrating role; undefined when the serving role migrates. */
  migrationUrl: secret(
    'AUTH_DATABASE_MIGRATION_URL',
    parsed(databaseUrl).optional(),
    'The same database under a role that runs the migrations and grants the role of `DATABASE_URL` what it needs. Unset: `DATABASE_URL` is used for both',
  ),
  /** A direct address of the same database; undefined when `url` serves for LISTEN too. */
  listenUrl: secret(
    'AUTH_DATABASE_LISTEN_URL',
    parsed(databaseUrl).optional(),
    'A direct address of the same database, where `DATABASE_URL` leads to a pooler in transaction mode: changes are heard of there. Unset: `DATABASE_URL`',
  ),
  revocationBoundMs: setting(
    'AUTH_REVOCATION_BOUND_MS',
    integer(500, 60_000).default(2000),
    'Maximum age of what is answered from memory, in milliseconds. A process that has not heard from the database for that long reads from it',
  ),
  identityCacheMb: setting(
    'AUTH_IDENTITY_CACHE_MB',
    integer(0, 65_536).default(64),
    'Memory of one process for the answers about users of verified tokens, in MB; 0: every answer is read from the database',
  ),
  poolSize: setting(
    'AUTH_DATABASE_POOL_SIZE',
    integer(1, 200).default(10),
    'Maximum number of database connections of one process',
  ),
  timeoutMs: setting(
    'AUTH_DATABASE_TIMEOUT_MS',
    integer(100, 1500).default(1500),
    'Limit for a statement, and for the wait for a connection, in milliseconds; then the answer is 503',
  ),
};

type DatabaseValues = ValuesOf<typeof DATABASE_SETTINGS>;

/** Address and timeouts of the database. */
export class DatabaseConfig extends sliceOf<DatabaseValues>() {}

/** Rules between settings of the database. */
export function databaseFaults({ url, migrationUrl, listenUrl }: DatabaseValues): string[] {
  const others = { AUTH_DATABASE_MIGRATION_URL: migrationUrl, AUTH_DATABASE_LISTEN_URL: listenUrl };
  return Object.entries(others)
    .filter(([, other]) => other !== undefined && url === undefined)
    .map(([name]) => `DATABASE_URL is required when ${name} is set`);
}
