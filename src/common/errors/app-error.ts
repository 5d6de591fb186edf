import { ERROR_CATALOG, type ErrorCode, type ErrorKind } from './error-catalog';

/** One invalid field of the input; `pointer` is a JSON Pointer as a URI fragment (RFC 6901 section 6). */
export interface InputFault {
  readonly pointer: string;
  readonly detail: string;
}

/** A limit that a request has reached. */
export interface ReachedLimit {
  /** Such as `account`. */
  readonly name: string;
  /** What it allows within the window. */
  readonly quota: number;
  readonly windowSeconds: number;
}

/** Optional parts of an error. */
export interface AppErrorOptions {
  /** Public: shown to the client instead of the catalogue's sentence. */
  readonly detail?: string;
  /** Public: the invalid fields. */
  readonly faults?: readonly InputFault[];
  /** Public: seconds to wait before a retry. */
  readonly retryAfterSeconds?: number;
  /** Public: the limit that was reached, with `retryAfterSeconds`. */
  readonly limit?: ReachedLimit;
  /** Public: the methods that the path supports. */
  readonly allow?: readonly string[];
  /** Public: the scope that a service needs, for the challenge (RFC 6750 section 3). */
  readonly scope?: string;
  /** Private, for the log: one word or a few, such as `expired`. */
  readonly reason?: string;
  /** Private, for the log: what an operator can do about it. */
  readonly advice?: string | undefined;
  /** Private, for the log. */
  readonly cause?: unknown;
}

/** The only error that this code base throws on purpose; `ERROR_CATALOG` has its status. */
export class AppError extends Error {
  readonly faults: readonly InputFault[] | undefined;
  readonly allow: readonly string[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly scope: string | undefined;
  readonly limit: ReachedLimit | undefined;
  readonly reason: string | undefined;
  readonly advice: string | undefined;

  constructor(
    readonly code: ErrorCode,
    options: AppErrorOptions = {},
  ) {
    super(options.detail ?? ERROR_CATALOG[code].detail, { cause: options.cause });
    this.name = 'AppError';
    this.faults = options.faults;
    this.allow = options.allow;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.scope = options.scope;
    this.limit = options.limit;
    this.reason = options.reason;
    this.advice = options.advice;
  }

  get status(): number {
    return ERROR_CATALOG[this.code].status;
  }

  /** Whether the error means that the token is not valid: a decision, not an outage. */
  get refusesToken(): boolean {
    const kind: ErrorKind = ERROR_CATALOG[this.code];
    return kind.refusesToken === true;
  }
}
