import type { Request, Response } from 'express';
import { AppError } from '../../common/errors/app-error';
import { ERROR_CATALOG, wireCodeOf } from '../../common/errors/error-catalog';

/** Media type of every error body (RFC 9457 section 3). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8';
const PROBLEM_TYPE_PREFIX = 'urn:problem-type:promptstack-auth:';
const DEFAULT_RETRY_AFTER_SECONDS = 2;

/** The members of a problem document (RFC 9457 section 3.1, and our extensions). */
export function problemBody(error: AppError, instance: string | undefined, requestId: string) {
  const { status, title } = ERROR_CATALOG[error.code];
  const code = wireCodeOf(error.code);
  return {
    type: PROBLEM_TYPE_PREFIX + code,
    title,
    status,
    detail: error.message,
    instance,
    code,
    request_id: requestId,
    errors: error.faults,
  };
}

/** Headers of an error response, besides its media type. */
export function problemHeaders(error: AppError): Record<string, string> {
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' };
  if (error.status === 401 || error.code === 'insufficient-scope') {
    headers['WWW-Authenticate'] = challenge(error);
  }
  if (error.status === 503) {
    headers['Retry-After'] = String(error.retryAfterSeconds ?? DEFAULT_RETRY_AFTER_SECONDS);
  }
  if (error.status === 429) Object.assign(headers, limitHeaders(error));
  if (error.allow) headers.Allow = error.allow.join(', ');
  return headers;
}

/** Answers a request with a problem document. */
export function sendProblem(request: Request, response: Response, error: AppError): void {
  response.problemCode = error.code;
  const body = JSON.stringify(problemBody(error, request.path, request.id));
  response.status(error.status).set(problemHeaders(error)).set('Content-Type', PROBLEM_MEDIA_TYPE);
  response.set('Content-Length', String(Buffer.byteLength(body))).end(body); // HTTP/1.0 has no chunked encoding
}

/** The `RateLimit` fields as draft 10 of draft-ietf-httpapi-ratelimit-headers writes them. */
function limitHeaders({ limit, retryAfterSeconds: seconds = 1 }: AppError): Record<string, string> {
  return {
    'Retry-After': String(seconds),
    ...(limit && {
      RateLimit: `"${limit.name}";r=0;t=${seconds}`,
      'RateLimit-Policy': `"${limit.name}";q=${limit.quota};w=${limit.windowSeconds}`,
    }),
  };
}

/** RFC 6750 section 3: no error code when the request has no token; with `insufficient_scope` the scope that is needed. */
function challenge(error: AppError): string {
  const scheme = 'Bearer realm="promptstack-auth"';
  if (error.code === 'insufficient-scope') {
    return `${scheme}, error="insufficient_scope"${error.scope === undefined ? '' : `, scope="${error.scope}"`}`;
  }
  return error.refusesToken ? `${scheme}, error="invalid_token"` : scheme;
}
