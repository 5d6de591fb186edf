import type { Request, RequestHandler } from 'express';
import { sendJson } from '../http/send-json';
import { toValidateResponse } from './dto/validate-response.dto';
import type { TokenValidationService } from './token-validation.service';

const PATH = '/auth/validate';
/** What the request log says of a request that no router has seen. */
const ROUTE = { path: PATH };

/**
 * Answers `POST /auth/validate` ahead of the router, which costs more than the answer: other services send this for every
 * request of theirs. The controller answers whatever is not a plain request with a token.
 */
export function validateLane(tokens: TokenValidationService): RequestHandler {
  return (request, response, next) => {
    const token = tokenOf(request);
    if (token === undefined) return next();
    request.route = ROUTE;
    tokens
      .validate(token)
      .then((validation) => sendJson(response, toValidateResponse(validation)))
      .catch(next);
  };
}

/** The token, when the request is spelt as most clients spell it. */
function tokenOf({ method, url, body }: Request): string | undefined {
  if (url !== PATH || method !== 'POST') return undefined;
  const { token } = (body ?? {}) as { token?: unknown };
  return typeof token === 'string' ? token : undefined;
}
