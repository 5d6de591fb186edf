/** Why the client cannot decide. */
export type UnavailableReason =
  'network' | 'timeout' | 'service' | 'credential' | 'circuit-open' | 'incompatible' | 'closed';

/** The code of every `AuthUnavailableError`. */
export const UNAVAILABLE_CODE = 'ERR_AUTH_UNAVAILABLE';

/** The client cannot decide whether a token is valid: answer 503 with `Retry-After`, never 401. */
export class AuthUnavailableError extends Error {
  override readonly name = 'AuthUnavailableError';
  readonly code = UNAVAILABLE_CODE;
  readonly status = 503;

  /**
   * @param reason why it cannot decide
   * @param detail a sentence without token or key
   * @param retryAfter when to ask again, in whole seconds, at least 1
   */
  constructor(
    readonly reason: UnavailableReason,
    detail: string,
    readonly retryAfter: number = 1,
  ) {
    super(detail);
  }
}

/** One attempt that has not led to a decision. */
export class AttemptFailure extends Error {
  /**
   * @param reason what the caller is told when this was the last attempt
   * @param detail a sentence without token or key
   * @param retryAfter seconds that the service asks to wait; 0: it has not said
   * @param again whether another attempt may succeed
   */
  constructor(
    readonly reason: UnavailableReason,
    detail: string,
    readonly retryAfter = 0,
    readonly again = true,
  ) {
    super(detail);
  }

  /** The error of a caller for whom this was the last attempt. */
  toUnavailable(): AuthUnavailableError {
    return new AuthUnavailableError(this.reason, this.message, Math.max(1, this.retryAfter));
  }
}

/** Whether an error says that the client cannot decide; also that of another copy of this package. */
export function isUnavailable(error: unknown): error is AuthUnavailableError {
  return error instanceof Error && 'code' in error && error.code === UNAVAILABLE_CODE;
}
