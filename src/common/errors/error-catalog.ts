/** The fixed parts of an error. */
export interface ErrorKind {
  readonly status: number;
  readonly title: string;
  /** Default detail for the client. */
  readonly detail: string;
  /** The token is refused: `error="invalid_token"` in the challenge (RFC 6750 section 3.1). */
  readonly refusesToken?: true;
  /** The code on the wire, where two errors with different statuses share one. */
  readonly wireCode?: string;
}

/** Every error that a client can receive, by its stable code; `docs/api/problems.md` explains each. */
export const ERROR_CATALOG = {
  'invalid-input': {
    status: 400,
    title: 'Invalid input',
    detail: 'The request contains values that are not allowed.',
  },
  'unsupported-grant-type': {
    status: 400,
    title: 'Unsupported grant type',
    detail: 'grant_type must be client_credentials.',
  },
  'invalid-scope': {
    status: 400,
    title: 'Invalid scope',
    detail: 'The service account lacks a scope that was asked for.',
  },
  'malformed-json': {
    status: 400,
    title: 'Malformed JSON',
    detail: 'The request body is not a valid JSON object.',
  },
  'malformed-request': { status: 400, title: 'Malformed request', detail: 'The request is not valid HTTP.' },
  'malformed-authorization': {
    status: 400,
    title: 'Malformed Authorization header',
    detail: 'Send one Authorization header with one token: "Bearer <token>".',
  },
  'authentication-required': {
    status: 401,
    title: 'Authentication required',
    detail: 'Authentication is required.',
  },
  'invalid-token': {
    status: 401,
    title: 'Invalid token',
    detail: 'Invalid or expired token',
    refusesToken: true,
  },
  'email-not-verified': {
    status: 401,
    title: 'E-mail address not verified',
    detail:
      'The identity provider does not say that your e-mail address is verified. Verify it there and sign in again; if it is, the operator of the provider must send email_verified as true.',
    refusesToken: true,
  },
  'identity-conflict': {
    status: 401,
    title: 'Identity conflict',
    detail: 'The account with your e-mail address belongs to another identity of the same identity provider.',
    refusesToken: true,
  },
  'invalid-client': {
    status: 401,
    title: 'Invalid client',
    detail: 'The client credentials are missing or not valid.',
  },
  'invalid-credentials': { status: 401, title: 'Invalid credentials', detail: 'Incorrect email or password' },
  forbidden: { status: 403, title: 'Forbidden', detail: 'You are not allowed to do this.' },
  'insufficient-scope': {
    status: 403,
    title: 'Insufficient scope',
    detail: 'The credential lacks the scope that this needs.',
  },
  'registration-closed': {
    status: 403,
    title: 'Registration closed',
    detail: 'Registration with this address is not allowed. Ask an administrator for an account.',
  },
  'password-sign-in-disabled': {
    status: 403,
    title: 'Password sign-in disabled',
    detail: 'Password sign-in is disabled. Sign in with your identity provider.',
  },
  'reauthentication-required': {
    status: 403,
    title: 'Reauthentication required',
    detail: 'Sign in again or send your password: this requires a sign-in within the last 10 minutes.',
  },
  'address-not-verified': {
    status: 403,
    title: 'E-mail address not verified',
    detail: 'Verify your e-mail address first: open the link in the message that was sent to it.',
    wireCode: 'email-not-verified',
  },
  'password-change-required': {
    status: 403,
    title: 'Password change required',
    detail: 'Your password was chosen by an administrator. Choose another one and send it as new_password.',
  },
  'not-found': { status: 404, title: 'Not found', detail: 'There is no resource at this path.' },
  'code-invalid': {
    status: 404,
    title: 'Code not valid',
    detail: 'The code is unknown, was used, or has expired. Ask for a new one.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    detail: 'This path does not support the method; the Allow header lists those that it supports.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request timeout',
    detail: 'The request took too long to arrive.',
  },
  'already-verified': {
    status: 409,
    title: 'Already verified',
    detail: 'Your e-mail address is verified already.',
  },
  'email-already-registered': {
    status: 409,
    title: 'E-mail address already registered',
    detail: 'Email already registered',
  },
  'last-admin': {
    status: 409,
    title: 'Last administrator',
    detail: 'This is the last active administrator. Appoint another one first.',
  },
  'last-owner': {
    status: 409,
    title: 'Last owner of a team',
    detail: 'This is the last active owner of a team. Appoint another one first, or delete the team.',
  },
  'name-taken': { status: 409, title: 'Name taken', detail: 'This name is taken. Choose another one.' },
  'external-ref-taken': {
    status: 409,
    title: 'External reference taken',
    detail: 'Another team has this external reference.',
  },
  'key-taken': { status: 409, title: 'Key taken', detail: 'Another domain has this key.' },
  'default-in-use': {
    status: 409,
    title: 'Default in use',
    detail: 'New users come into this one. Make another one the default first.',
  },
  'domain-cycle': {
    status: 409,
    title: 'Domain below itself',
    detail: 'A domain cannot be below itself or below one that is below it.',
  },
  'domain-has-children': {
    status: 409,
    title: 'Domain has children',
    detail: 'There are domains below this one. Move or delete them first.',
  },
  'domain-too-deep': { status: 409, title: 'Domain too deep', detail: 'Domains have at most 32 levels.' },
  'already-member': {
    status: 409,
    title: 'Already a member',
    detail: 'The user with this address is a member of the team already.',
  },
  'address-unproven': {
    status: 409,
    title: 'Address unproven',
    detail: 'The user has not proven to own this address. Send "allow_unproven": true to proceed anyway.',
  },
  'password-already-set': {
    status: 409,
    title: 'Password already set',
    detail: 'This user has a password already.',
  },
  'owner-inactive': {
    status: 409,
    title: 'Owner inactive',
    detail: 'The owner of the service account is inactive. Give it another owner first.',
  },
  'request-in-progress': {
    status: 409,
    title: 'Request in progress',
    detail: 'The first request with this Idempotency-Key is still under way. Retry shortly.',
  },
  'precondition-failed': {
    status: 412,
    title: 'Precondition failed',
    detail: 'The resource has changed since you read it. Read it again, then decide.',
  },
  'body-too-large': {
    status: 413,
    title: 'Body too large',
    detail: 'The request body is larger than 16 KiB.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    detail: 'Send the body as application/json in UTF-8, without Content-Encoding.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'Idempotency-Key reused',
    detail: 'This Idempotency-Key was sent with another request before. Choose a new one.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    detail: 'Too many attempts. Wait before you try again.',
  },
  'headers-too-large': {
    status: 431,
    title: 'Headers too large',
    detail: 'The request headers are larger than 16 KiB.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    detail: 'An unexpected error occurred. Quote the request id when you report it.',
  },
  overloaded: { status: 503, title: 'Overloaded', detail: 'The service is overloaded. Retry shortly.' },
  'mail-not-configured': {
    status: 503,
    title: 'Mail not configured',
    detail: 'This service sends no mail. Ask an administrator.',
  },
  'service-unavailable': {
    status: 503,
    title: 'Service unavailable',
    detail: 'The service is temporarily unavailable. Retry shortly.',
  },
} as const satisfies Record<string, ErrorKind>;

/** The code of an error as clients see it. */
export function wireCodeOf(code: ErrorCode): string {
  const kind: ErrorKind = ERROR_CATALOG[code];
  return kind.wireCode ?? code;
}

/** The stable code of an error. */
export type ErrorCode = keyof typeof ERROR_CATALOG;
