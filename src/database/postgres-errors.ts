import { QueryFailedError } from 'typeorm';
import { AppError } from '../common/errors/app-error';
import type { ErrorCode } from '../common/errors/error-catalog';
import { DatabaseTimeoutError } from './bounded-client';

/** What a violated constraint means to a client. */
const CODES_BY_CONSTRAINT: Readonly<Record<string, ErrorCode>> = {
  uq_users_email: 'email-already-registered',
};

/**
 * SQLSTATE classes and codes (PostgreSQL manual, appendix A) that mean "not now": connection exceptions, access not
 * granted at the moment, transaction rolled back, resources, operator intervention, system errors, lock not
 * available, a statement cancelled by its limit, a database that does not exist yet, and a standby that only reads.
 */
const OUTAGE_CLASSES = ['08', '28', '40', '53', '57', '58'];
const OUTAGE_CODES = ['3D000', '55P03', '25006', '25P03', '25P04'];

/** Codes of Node's sockets and resolver. */
const SOCKET_CODES = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
];

/** The errors of pg and pg-pool that carry no code are known by nothing but their texts. */
const CODELESS_OUTAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Cannot use a pool after calling end|Client was closed)/;

/** Errors of the database as ours; undefined for errors that are a fault of the program. */
export function translateDatabaseError(thrown: unknown): AppError | undefined {
  const error = driverError(thrown);
  if (isOutage(error)) return new AppError('service-unavailable', { reason: 'database', cause: thrown });
  const code = CODES_BY_CONSTRAINT[constraintOf(error) ?? ''];
  return code && new AppError(code, { cause: thrown });
}

/** Whether the database cannot be used at the moment. */
export function isOutage(thrown: unknown): boolean {
  const error = driverError(thrown);
  if (error instanceof DatabaseTimeoutError) return true;
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error && CODELESS_OUTAGE.test(error.message);
  return SOCKET_CODES.includes(code) || OUTAGE_CODES.includes(code) || isSqlStateOf(OUTAGE_CLASSES, code);
}

/** Whether the same transaction, begun anew, may succeed: serialization failure or deadlock. */
export function isRetryable(thrown: unknown): boolean {
  const code = codeOf(driverError(thrown));
  return code === '40001' || code === '40P01';
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

function constraintOf(error: unknown): string | undefined {
  return error instanceof Error && 'constraint' in error && typeof error.constraint === 'string'
    ? error.constraint
    : undefined;
}
