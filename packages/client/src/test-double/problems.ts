import type { Reply } from './reply';

/** The problems of the service that the double answers too: status, title, detail. */
const PROBLEMS = {
  'invalid-input': [400, 'Invalid input', 'The request is not valid.'],
  'malformed-json': [400, 'Malformed JSON', 'The request body is not a valid JSON object.'],
  'malformed-authorization': [
    400,
    'Malformed Authorization header',
    'Send one Authorization header with one token: "Bearer <token>".',
  ],
  'authentication-required': [401, 'Authentication required', 'Authentication is required.'],
  'invalid-token': [401, 'Invalid token', 'Invalid or expired token'],
  'invalid-credentials': [401, 'Invalid credentials', 'Incorrect email or password'],
  forbidden: [403, 'Forbidden', 'You are not allowed to do this.'],
  'not-found': [404, 'Not found', 'There is no resource at this path.'],
  'method-not-allowed': [405, 'Method not allowed', 'This path does not support the method.'],
  'email-already-registered': [409, 'E-mail address already registered', 'Email already registered'],
  'body-too-large': [413, 'Body too large', 'The request body is too large.'],
  'unsupported-media-type': [415, 'Unsupported media type', 'Send the body as application/json.'],
  'service-unavailable': [
    503,
    'Service unavailable',
    'The service is temporarily unavailable. Retry shortly.',
  ],
} as const satisfies Record<string, readonly [number, string, string]>;

/** A code of a problem. */
export type ProblemCode = keyof typeof PROBLEMS;

/** A refusal, thrown by whoever finds it. */
export class Refusal extends Error {
  /** @param fault the member at fault, and what it must be */
  constructor(
    readonly problem: ProblemCode,
    readonly fault?: { readonly member: string; readonly detail: string },
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(problem);
  }

  /** The answer. */
  toReply(instance: string, requestId: string): Reply {
    const [status, title, detail] = PROBLEMS[this.problem];
    const { fault } = this;
    const body = {
      type: `urn:problem-type:promptstack-auth:${this.problem}`,
      title,
      status,
      detail: fault ? `${fault.member} ${fault.detail}` : detail,
      instance,
      code: this.problem,
      request_id: requestId,
      ...(fault && { errors: [{ pointer: `#/${fault.member}`, detail: fault.detail }] }),
    };
    return { status, body, headers: { ...this.standardHeaders(status), ...this.headers } };
  }

  private standardHeaders(status: number): Record<string, string> {
    const headers = {
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Cache-Control': 'no-store',
    };
    if (status === 503) return { ...headers, 'Retry-After': '1' };
    if (status !== 401) return headers;
    const error = this.problem === 'invalid-token' ? ', error="invalid_token"' : '';
    const challenge = `Bearer realm="promptstack-auth"${error}`;
    return { ...headers, 'WWW-Authenticate': challenge };
  }
}

/** An input that is not as it must be. */
export function invalid(member: string, detail: string): Refusal {
  return new Refusal('invalid-input', { member, detail });
}
