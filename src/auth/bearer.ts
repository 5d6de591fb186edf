import type { Request } from 'express';
import { AppError } from '../common/errors/app-error';
import { countHeaderLines } from '../http/header-lines';

/**
 * The bearer token of a request (RFC 6750 section 2.1; the scheme's case does not matter), or undefined when the Authorization
 * header is missing, of another scheme, or empty behind the scheme: a client that holds no token sends no credential. Refuses
 * what is ambiguous with `malformed-authorization`: Node would keep the first of two headers without a word.
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
