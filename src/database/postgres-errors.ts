import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import { AppError } from '../common/errors/app-error';
import type { ErrorCode } from '../common/errors/error-catalog';
import { DatabaseTimeoutError } from './bounded-client';

/** The error code of each constraint. */
const CODES_BY_CONSTRAINT: Readonly<Record<string, ErrorCode>> = {
  uq_users_email: 'email-already-registered',
  uq_teams_name: 'name-taken',
  uq_teams_external_ref: 'external-ref-taken',
  uq_domains_key: 'key-taken',
  uq_service_accounts_name: 'name-taken',
  ck_service_keys_owner_active: 'owner-inactive',
  ck_last_admin: 'last-admin',
  ck_last_owner: 'last-owner',
  ck_default_in_use: 'default-in-use',
  ck_domains_no_cycle: 'domain-cycle',
  ck_domains_parent_is_other: 'domain-cycle',
  ck_domains_depth: 'domain-too-deep',
  fk_domains_parent_domain_id: 'domain-has-children',
};

/**
 * SQLSTATE classes and codes (PostgreSQL manual, appendix A) that mean "not now": connection exceptions, access not
 * granted at the moment, transaction rolled back, resources, operator intervention, system errors, lock not
 * available, a statement cancelled by its limit, a database that does not exist yet, a standby that only reads, and
 * prepared statements that a pooler has mixed up.
 */
const OUTAGE_CLASSES = ['08', '28', '40', '53', '57', '58'];
const OUTAGE_CODES = ['3D000', '55P03', '25006', '25P03', '25P04', '26000', '42P05'];

/** Codes of Node's sockets, resolver and TLS, and of a process that has run out of files or ports. */
const SOCKET_CODES = [
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOENT', 'EACCES', 'EPROTO'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'ENODATA', 'ESERVFAIL'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'],
  ...['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'],
  ...['ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'ERR_SOCKET_CLOSED'],
];
const TLS_CODES = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** Errors of pg and pg-pool without a code are recognised by their texts. */
const CODELESS_OUTAGE = new RegExp(
  `^(${[
    'Connection terminated',
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Client has encountered a connection error',
    'Client was closed',
    'Cannot use a pool after calling end',
    'The server does not support SSL',
    'There was an error establishing an SSL connection',
    'SASL: ',
    'received invalid response',
    'Received unexpected ',
  ].join('|')})`,
);

/** TypeORM's error when a connection was lost during its use. */
const LOST_CONNECTION = [QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError];

/** Translates database errors; undefined for programming errors. */
export function translateDatabaseError(thrown: unknown): AppError | undefined {
  const error = driverError(thrown);
  if (isOutage(error)) return new AppError('service-unavailable', { reason: 'database', cause: thrown });
  const code = CODES_BY_CONSTRAINT[constraintOf(error) ?? ''];
  return code && new AppError(code, { cause: thrown });
}

/** Refusals by a server or pooler that answers, as opposed to one that cannot be reached. */
const REFUSALS: Readonly<Record<string, string>> = {
  '28P01': 'the database refuses the password of DATABASE_URL',
  '28000':
    'the database lets this user not in from here (pg_hba.conf, or a role without LOGIN, or without TLS)',
  '3D000': 'the server has no database of the name in DATABASE_URL',
  '53300': 'the database has no connection left (max_connections, or a limit of the role or the database)',
  '57P03': 'the database is starting, stopping or recovering, and takes no connections yet',
  '42501': 'the role has no right to connect to the database',
  '55000': 'the database takes no connections at all (ALLOW_CONNECTIONS)',
  '25006': 'the server takes no writes: a standby, or a primary that was made read-only',
};

/** Why a start cannot use the database, in words for operators. */
export function outageSentence(thrown: unknown): string {
  const code = codeOf(driverError(thrown)) ?? '';
  if (TLS_CODES.test(code)) return 'the certificate of the database is not trusted, or is for another name';
  return REFUSALS[code] ?? 'the database is out of reach';
}

/** Whether an error means that the database is currently unavailable. */
export function isOutage(thrown: unknown): boolean {
  const error = driverError(thrown);
  if (error instanceof DatabaseTimeoutError || LOST_CONNECTION.some((type) => error instanceof type))
    return true;
  if (isFatal(error)) return true;
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error && CODELESS_OUTAGE.test(error.message);
  if (isSqlStateOf(OUTAGE_CLASSES, code) || OUTAGE_CODES.includes(code)) return true;
  return SOCKET_CODES.includes(code) || TLS_CODES.test(code);
}

/**
 * Whether the transaction may succeed when repeated: serialization failure, deadlock, or a referenced row that was deleted
 * after it was read.
 */
export function isRetryable(thrown: unknown): boolean {
  return ['40001', '40P01', '23503'].includes(codeOf(driverError(thrown)) ?? '');
}

/** What the database refused of the data that it was given (SQLSTATE classes 22 and 23); undefined for every other error. */
export function refusedData(
  thrown: unknown,
): { readonly code: string; readonly constraint: string | undefined } | undefined {
  const error = driverError(thrown);
  const code = codeOf(error) ?? '';
  return isSqlStateOf(['22', '23'], code) ? { code, constraint: constraintOf(error) } : undefined;
}

/** Whether the role lacks a privilege (SQLSTATE 42501). */
export function lacksPrivilege(thrown: unknown): boolean {
  return codeOf(driverError(thrown)) === '42501';
}

/** Whether the server is read-only (SQLSTATE 25006). */
export function isReadOnly(thrown: unknown): boolean {
  return codeOf(driverError(thrown)) === '25006';
}

/** Whether a table or a column is missing (SQLSTATE 42P01, 42703): the migrations of this version have not run. */
export function isNotMigrated(thrown: unknown): boolean {
  return ['42P01', '42703'].includes(codeOf(driverError(thrown)) ?? '');
}

function isSqlStateOf(classes: readonly string[], code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && classes.includes(code.slice(0, 2));
}

function driverError(thrown: unknown): unknown {
  return thrown instanceof QueryFailedError ? thrown.driverError : thrown;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the server has closed or refused the connection, for any reason. */
function isFatal(error: unknown): boolean {
  const severity = error instanceof Error && 'severity' in error ? error.severity : undefined;
  return severity === 'FATAL' || severity === 'PANIC';
}

function constraintOf(error: unknown): string | undefined {
  return error instanceof Error && 'constraint' in error && typeof error.constraint === 'string'
    ? error.constraint
    : undefined;
}
