import type { LoggerService } from '@nestjs/common';
import fs from 'node:fs';
import pino, { type Logger } from 'pino';
import { currentRequest } from '../request-scope';
import { prettyLine } from './pretty-line';

/** Members that are redacted in log lines, at the top level and one below. */
const REDACTED = ['password', 'token', 'access_token', 'refresh_token', 'authorization', 'cookie'];

/** Maximum size of buffered log lines; further ones are dropped. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
/** At the exit, for each piece of what waits, 100 ms apart. */
const FINAL_ATTEMPTS = 5;

/** Where log lines go, and their form. */
export interface LogOutput {
  /** Standard output, unless given. */
  readonly descriptor?: number;
  /** JSON, unless given. */
  readonly format?: 'json' | 'pretty';
}

/** Logs lines of JSON, or for people, to standard output or another descriptor; a closed or full pipe or a full disk blocks neither requests nor the exit. */
export function createLogger(level: string, { descriptor = 1, format = 'json' }: LogOutput = {}): Logger {
  let broken = false;
  let attemptsLeft = Infinity;
  const destination = pino.destination({
    dest: descriptor,
    sync: false,
    minLength: 4096,
    periodicFlush: 100,
    maxLength: MAX_WAITING_BYTES,
    retryEAGAIN: () => attemptsLeft-- > 0,
  });
  destination.on('error', () => (broken = true));
  destination.on('write', () => (broken = false));
  // A descriptor that Node.js has opened as a stream refuses what it cannot take; else the last write would wait for the reader.
  if (descriptor <= 2) void (descriptor === 2 ? process.stderr : process.stdout);
  // pino calls it at exit.
  const flushSync = destination.flushSync.bind(destination);
  destination.flushSync = () => {
    const refill = () => (attemptsLeft = FINAL_ATTEMPTS);
    refill();
    if (!broken) writeLast(flushSync, refill);
  };
  return pino(
    {
      level,
      base: { service: 'auth' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: REDACTED.flatMap((name) => [name, `*.${name}`]),
      serializers: { err: describeError },
    },
    format === 'json' ? destination : { write: (line: string) => destination.write(prettyLine(line)) },
  );
}

/**
 * Writes the last lines, as far as they can be written, and tells of each write that succeeds. sonic-boom 4.2.1 asks `retryEAGAIN` after EAGAIN and EBUSY only, and repeats for ever
 * what fails otherwise, such as by a reader that has gone or a full disk: to it, such a write succeeds.
 */
function writeLast(flushSync: () => void, written: () => void): void {
  const { writeSync } = fs;
  const write = (descriptor: number, data: string | Buffer) => {
    try {
      const bytes = writeSync(descriptor, data as string);
      written();
      return bytes;
    } catch (error) {
      if (['EAGAIN', 'EBUSY'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
      return Buffer.byteLength(data);
    }
  };
  try {
    fs.writeSync = write as typeof writeSync;
    flushSync();
  } catch {
    // the reader has not read for too long
  } finally {
    fs.writeSync = writeSync;
  }
}

/** The same log for lines that are written at every level. */
export function alwaysWritten(logger: Logger): Logger {
  return logger.child({}, { level: 'info' });
}

/** Contexts of Nest's start-up messages. */
const FRAMEWORK = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Logs for Nest and our own classes through pino: `logger.warn({ msg, … })` or `logger.warn('…', context)`. */
export class NestLogger implements LoggerService {
  /** For lines that are written at every level. */
  private readonly always: Logger;

  constructor(private readonly logger: Logger) {
    this.always = alwaysWritten(logger);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(FRAMEWORK.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  private write(level: 'info' | 'warn' | 'error' | 'debug', message: unknown, rest: unknown[]): void {
    const context = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
    const entry: object = typeof message === 'object' && message !== null ? message : { msg: message };
    const logger = 'audit' in entry ? this.always : this.logger;
    const scope = currentRequest();
    const request = { request_id: scope?.id, trace_id: scope?.traceId, route: scope?.route };
    logger[level]({ context, ...request, ...entry });
  }
}

interface DescribedError {
  readonly type: string;
  readonly code?: unknown;
  readonly constraint?: unknown;
  readonly message?: string;
  readonly stack?: string;
  readonly cause?: DescribedError;
}

/**
 * Serialises an error for the log. Database errors keep only their codes: their messages, details and parameters quote input.
 */
function describeError(error: unknown): DescribedError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  const ofDatabase = 'driverError' in error || 'severity' in error;
  const cause = describeError('driverError' in error ? error.driverError : error.cause);
  const { name: type, message, stack } = error;
  return ofDatabase
    ? { type, code, constraint, stack: stack?.split('\n').slice(1).join('\n'), cause }
    : { type, code, message, stack, cause };
}
