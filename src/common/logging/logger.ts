import type { LoggerService } from '@nestjs/common';
import pino, { type Logger } from 'pino';
import { currentRequest } from '../request-scope';

/** What must never be in a log line, wherever an object carries it. */
const REDACTED = ['password', 'token', 'access_token', 'refresh_token', 'authorization', 'cookie'];

/** Log lines that wait for a reader; more of them are dropped. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const LAST_TRIES = 5;

/** JSON lines on standard output; a closed or full pipe, or a full disk, stops no request and no end of the process. */
export function createLogger(level: string): Logger {
  let broken = false;
  let triesLeft = Infinity;
  const destination = pino.destination({
    dest: 1,
    sync: false,
    minLength: 4096,
    periodicFlush: 100,
    maxLength: MAX_WAITING_BYTES,
    retryEAGAIN: () => triesLeft-- > 0,
  });
  destination.on('error', () => (broken = true));
  destination.on('write', () => (broken = false));
  // pino calls it at the end of the process, and it would try for ever.
  const flushSync = destination.flushSync.bind(destination);
  destination.flushSync = () => {
    triesLeft = LAST_TRIES;
    try {
      if (!broken) flushSync();
    } catch {
      // nobody reads the last lines
    }
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
    destination,
  );
}

/** The same log for lines that no level hides. */
export function alwaysWritten(logger: Logger): Logger {
  return logger.child({}, { level: 'info' });
}

/** Contexts in which Nest tells how it starts. */
const FRAMEWORK = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Lets Nest and our own classes log through pino: `logger.warn({ msg, … })` or `logger.warn('…', context)`. */
export class NestLogger implements LoggerService {
  /** For what must be written whatever the level is. */
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
    logger[level]({ context, request_id: currentRequest()?.id, ...entry });
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
 * An error for the log. Errors of the database keep only their codes: their messages, details and parameters quote
 * what people sent.
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
