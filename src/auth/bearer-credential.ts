import type { Request } from 'express';
import { AppError } from '../common/errors/app-error';
import { countHeaderLines } from '../http/header-lines';
import type { BearerCredential, TokenAuthenticator } from './token-authenticator';

const read = new WeakMap<Request, BearerCredential>();

/**
 * The bearer token of a request, decoded once for all strategies; undefined when there is none. Refuses a malformed token with
 * `invalid-token`, and an ambiguous header with `malformed-authorization`.
 */
export function bearerCredential(
  request: Request,
  authenticator: TokenAuthenticator,
): BearerCredential | undefined {
  const known = read.get(request);
  if (known) return known;
  const text = bearerToken(request);
  if (text === undefined) return undefined;
  const credential = authenticator.read(text);
  read.set(request, credential);
  return credential;
}

/**
 * The text of a request's bearer token (RFC 6750 section 2.1; the scheme's case does not matter), or undefined when the
 * Authorization header is missing, has another scheme, or has nothing after the scheme (a client without a token). Refuses an
 * ambiguous header with `malformed-authorization`: Node would silently keep the first of two headers.
 */
export function bearerToken(request: Request): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  if (countHeaderLines(request, 'authorization') > 1) throw malformed('two Authorization headers');
  const [scheme, ...tokens] = authorization.trim().split(/[ \t]+/);
  if (scheme?.toLowerCase() !== 'bearer') return undefined;
  if (tokens.length > 1) throw malformed('more than one token');
  return tokens[0];
}

function malformed(reason: string): AppError {
  return new AppError('malformed-authorization', { reason });
}
