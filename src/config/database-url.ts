import { parse, type ConnectionOptions } from 'pg-connection-string';

/** Connection parameters of the driver. */
export interface DatabaseConnection {
  /** A name, an address, or the folder of a Unix socket; undefined for `PGHOST` or localhost. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly ssl: ConnectionOptions['ssl'];
  readonly options: string | undefined;
  readonly application_name: string | undefined;
  readonly sslnegotiation: 'postgres' | 'direct' | undefined;
}

const EXAMPLE = 'postgresql://user:password@host:5432/database';
const ESCAPES = '%40 for @, %3A for :, %2F for /, %3F for ?, %23 for #, %25 for %';

const SSL_MODES = ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full'];
/** The driver treats all of them like the last one. */
const VERIFYING = /([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/;
/** Parameters that have an effect; the service itself sets timeouts and the encoding. */
const PARAMETERS = new Set([
  ...['host', 'port', 'user', 'password', 'db', 'application_name', 'options', 'uselibpqcompat'],
  ...['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert', 'sslnegotiation'],
]);

/**
 * Checks an address of a database: a URL, with a host or the folder of a socket, or one of the short forms of the driver for
 * sockets. Throws an Error that says what is wrong and never quotes a value.
 */
export function databaseUrl(text: string): string {
  const fault = formFault(text) ?? escapeFault(text) ?? parameterFault(text);
  if (fault !== undefined) throw new Error(fault);
  const { host, port, database } = readDatabaseUrl(text);
  if (host?.includes(','))
    throw new Error('names several hosts, but the driver connects to one: name the primary');
  if (port !== undefined && !(port >= 1 && port <= 65_535))
    throw new Error('must have a port from 1 to 65535');
  if (database?.includes('@')) throw new Error(`must have ${ESCAPES} in user name and password`);
  return text;
}

/** Warnings about a valid address. */
export function databaseUrlWarnings(text = '', setting = 'DATABASE_URL'): string[] {
  const parameters = [...parametersOf(text).keys()].filter((name) => !PARAMETERS.has(name));
  const warnings = parameters.map((name) => `${setting}: the parameter ${name} has no effect`);
  const [, mode] = /[?&]sslmode=(prefer|require|verify-ca)(?=&|$)/.exec(text) ?? [];
  if (mode !== undefined && !isLibpqCompatible(text)) {
    warnings.push(
      `${setting}: sslmode=${mode} verifies certificate and host name here, like verify-full; no-verify does not`,
    );
  }
  return warnings;
}

/** Parses an address that `databaseUrl` has validated. */
export function readDatabaseUrl(text: string): DatabaseConnection {
  const { host, port, user, password, database, ssl, options, application_name, sslnegotiation } =
    parseUrl(text);
  return {
    host: host || undefined,
    port: port ? Number(port) : undefined,
    user: user || undefined,
    password: password || undefined,
    database: database || undefined,
    ssl: ssl === 'false' ? false : ssl,
    options,
    application_name,
    sslnegotiation: sslnegotiation,
  };
}

function parseUrl(text: string): ConnectionOptions {
  if (text.startsWith('/')) return parse(text);
  // The driver would decode escapes twice if there is a space too, and print an eight-line warning about some modes.
  const url = text.replaceAll(' ', '%20');
  try {
    return parse(isLibpqCompatible(text) ? url : url.replace(VERIFYING, '$1verify-full'));
  } catch (error) {
    throw new Error(parseFault(error), { cause: error });
  }
}

function parseFault(error: unknown): string {
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return 'names a file in sslcert, sslkey or sslrootcert that cannot be read';
  return message.includes('sslrootcert')
    ? 'needs sslrootcert for sslmode=verify-ca with uselibpqcompat'
    : `cannot be read: it must look like ${EXAMPLE}, with ${ESCAPES} in user name and password`;
}

function formFault(text: string): string | undefined {
  if (text.startsWith('/') || /^(?:postgres|postgresql):\/\//i.test(text) || /^socket:\//i.test(text))
    return undefined;
  if (/^jdbc:/i.test(text))
    return `must begin with postgresql://, without jdbc:, and with user and password in front of the host: ${EXAMPLE}`;
  if (/^postgres(?:ql)?\+\w+:/i.test(text))
    return 'must begin with postgresql://, without the name of a driver of another language';
  if (/^\w+\s*=/.test(text))
    return `must be a URL: the driver does not read lists of keywords such as host=…; write ${EXAMPLE}`;
  return 'must be a URL that starts with postgres:// or postgresql://, or the path of a socket';
}

function escapeFault(text: string): string | undefined {
  if (text.startsWith('/')) return undefined;
  if (/%(?![0-9a-f]{2})/i.test(text)) return 'holds a % that begins no escape: write %25';
  if (text.includes('#')) return 'holds a #, behind which everything would be lost: write %23';
  try {
    decodeURIComponent(text);
  } catch {
    return 'holds an escape (%…) that is no UTF-8';
  }
  return undefined;
}

function parameterFault(text: string): string | undefined {
  const parameters = parametersOf(text);
  if ([...parameters.keys()].some((name) => /[@/:]/.test(name)))
    return `must have ${ESCAPES} in user name and password`;
  const mode = parameters.get('sslmode');
  if (mode !== undefined && !SSL_MODES.includes(mode))
    return `must have an sslmode of ${SSL_MODES.join(', ')}`;
  const ssl = parameters.get('ssl');
  if (ssl !== undefined && !['true', 'false', '1', '0', 'no-verify'].includes(ssl))
    return 'must have an ssl of true, false or no-verify';
  const port = parameters.get('port');
  if (port !== undefined && !/^\d+$/.test(port)) return 'must have a port from 1 to 65535';
  const negotiation = parameters.get('sslnegotiation');
  if (negotiation !== undefined && !['postgres', 'direct'].includes(negotiation))
    return 'must have an sslnegotiation of postgres or direct';
  return undefined;
}

function isLibpqCompatible(text: string): boolean {
  return parametersOf(text).get('uselibpqcompat') === 'true';
}

function parametersOf(text: string): Map<string, string> {
  const start = text.startsWith('/') ? -1 : text.indexOf('?');
  return new Map(start < 0 ? [] : new URLSearchParams(text.slice(start + 1)));
}
