import { ERROR_CATALOG, type ErrorCode, type ErrorKind } from './error-catalog';

/** One field of the input that is at fault; `pointer` is a JSON Pointer as a URI fragment (RFC 6901 section 6). */
export interface InputFault {
  readonly pointer: string;
  readonly detail: string;
}

/** What may go with an error. */
export interface AppErrorOptions {
  /** Public: shown to the client instead of the catalogue's sentence. */
  readonly detail?: string;
  /** Public: the fields at fault. */
  readonly faults?: readonly InputFault[];
  /** Public: seconds after which another try makes sense. */
  readonly retryAfterSeconds?: number;
  /** Public: the methods that the address answers. */
  readonly allow?: readonly string[];
  /** Private, for the log: one word or a few, such as `expired`. */
  readonly reason?: string;
  /** Private, for the log. */
  readonly cause?: unknown;
}

/** The one error that our own code throws on purpose; `ERROR_CATALOG` knows its status. */
export class AppError extends Error {
  readonly faults: readonly InputFault[] | undefined;
  readonly allow: readonly string[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly reason: string | undefined;

  constructor(
    readonly code: ErrorCode,
    options: AppErrorOptions = {},
  ) {
    super(options.detail ?? ERROR_CATALOG[code].detail, { cause: options.cause });
    this.name = 'AppError';
    this.faults = options.faults;
    this.allow = options.allow;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.reason = options.reason;
  }

  get status(): number {
    return ERROR_CATALOG[this.code].status;
  }

  /** Whether it says that the token sent is not good: a decided no. */
  get refusesToken(): boolean {
    const kind: ErrorKind = ERROR_CATALOG[this.code];
    return kind.refusesToken === true;
  }
}
