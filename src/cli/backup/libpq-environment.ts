import { readDatabaseUrl } from '../../config/database-url';

/**
 * The variables with which PostgreSQL's own programs reach the database of a URL: in their arguments everyone on the machine could
 * read the password. Certificates are verified where the service verifies them.
 */
export function libpqEnvironment(url: string): Record<string, string> {
  const { host, port, user, password, database, ssl, options } = readDatabaseUrl(url);
  const given = {
    PGHOST: host,
    PGPORT: port === undefined ? undefined : String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGOPTIONS: options,
    PGSSLMODE: sslMode(ssl),
    PGSSLROOTCERT: parameter(url, 'sslrootcert'),
    PGSSLCERT: parameter(url, 'sslcert'),
    PGSSLKEY: parameter(url, 'sslkey'),
    PGAPPNAME: 'promptstack-auth-operator',
    PGCONNECT_TIMEOUT: '10',
  };
  return Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}

function sslMode(ssl: ReturnType<typeof readDatabaseUrl>['ssl']): string | undefined {
  if (typeof ssl === 'object') return ssl.rejectUnauthorized === false ? 'require' : 'verify-full';
  return ssl === undefined || ssl === false ? undefined : 'verify-full';
}

function parameter(url: string, name: string): string | undefined {
  return URL.canParse(url) ? (new URL(url).searchParams.get(name) ?? undefined) : undefined;
}
