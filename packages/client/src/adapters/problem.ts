import { isUnavailable } from '../errors';

/** An answer that refuses a request (RFC 9457). */
export interface Problem {
  readonly status: 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly type: string;
    readonly title: string;
    readonly status: number;
    readonly detail: string;
    readonly code: string;
  };
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';

const TITLES = {
  'authentication-required': 'Authentication required',
  'invalid-token': 'Invalid token',
  forbidden: 'Forbidden',
  'service-unavailable': 'Service unavailable',
};

type Code = keyof typeof TITLES;

/** No token was sent: a challenge without an error (RFC 6750 section 3.1). */
export function authenticationRequired(): Problem {
  return problem(401, 'authentication-required', 'Authentication is required.', {
    'WWW-Authenticate': 'Bearer',
  });
}

/** The token is refused. */
export function invalidToken(detail: string): Problem {
  const challenge = 'Bearer error="invalid_token"';
  return problem(401, 'invalid-token', detail, { 'WWW-Authenticate': challenge });
}

/** The user may not. */
export function forbidden(): Problem {
  return problem(403, 'forbidden', 'You are not allowed to do this.', {});
}

/** Whether the token is valid cannot be decided: the answer to an AuthUnavailableError; any other error is thrown again. */
export function unavailable(error: unknown): Problem {
  if (!isUnavailable(error)) throw error;
  const detail = 'Whether you are signed in cannot be checked at the moment. Retry shortly.';
  return problem(503, 'service-unavailable', detail, { 'Retry-After': String(error.retryAfter) });
}

function problem(
  status: Problem['status'],
  code: Code,
  detail: string,
  headers: Record<string, string>,
): Problem {
  return {
    status,
    headers: { 'Cache-Control': 'no-store', ...headers },
    body: { type: `urn:problem-type:promptstack-auth:${code}`, title: TITLES[code], status, detail, code },
  };
}
