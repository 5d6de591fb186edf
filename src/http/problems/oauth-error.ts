import type { Request, Response } from 'express';
import type { AppError } from '../../common/errors/app-error';
import { problemHeaders } from './problem';

/** The routes whose errors have the form of RFC 6749. */
export const OAUTH_PATHS = /^\/oauth\/(?:token|introspect|revoke)\/?$/i;
/** Too many requests, and everything that is the server's: RFC 6749 has no code for them, so they stay problems. */
const FIRST_PROBLEM_STATUS = 429;
const CODES: Readonly<Record<string, string>> = {
  'authentication-required': 'invalid_client',
  'email-not-verified': 'invalid_client',
  'identity-conflict': 'invalid_client',
  'invalid-client': 'invalid_client',
  'invalid-token': 'invalid_client',
  'insufficient-scope': 'insufficient_scope', // RFC 6750 section 3.1
  'invalid-scope': 'invalid_scope',
  'unsupported-grant-type': 'unsupported_grant_type',
};
/** RFC 6749 section 5.2: what `error_description` must not contain. */
const UNSPEAKABLE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;

/** Whether an error is answered in the form of RFC 6749 section 5.2. */
export function isOAuthError({ path }: Request, { status }: AppError): boolean {
  return status < FIRST_PROBLEM_STATUS && OAUTH_PATHS.test(path);
}

/** Answers `{ error, error_description }`. */
export function sendOAuthError(request: Request, response: Response, error: AppError): void {
  response.problemCode = error.code;
  const body = JSON.stringify({
    error: CODES[error.code] ?? 'invalid_request',
    error_description: error.message.replaceAll(UNSPEAKABLE, "'"),
  });
  response.status(error.status).set(problemHeaders(error));
  if (error.status === 401) response.set('WWW-Authenticate', challenge(request));
  response.set('Content-Type', 'application/json; charset=utf-8').set('Pragma', 'no-cache');
  response.set('Content-Length', String(Buffer.byteLength(body))).end(body);
}

/** In the scheme that the client has used (RFC 6749 section 5.2); Basic for one that has used none. */
function challenge({ headers: { authorization = '' } }: Request): string {
  const realm = 'realm="promptstack-auth"';
  return /^bearer\b/i.test(authorization) ? `Bearer ${realm}, error="invalid_token"` : `Basic ${realm}`;
}
