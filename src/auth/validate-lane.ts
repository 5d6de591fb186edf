import type { Request, RequestHandler } from 'express';
import { sendJson } from '../http/send-json';
import { toValidateResponse } from './dto/validate-response.dto';
import type { TokenValidationService } from './token-validation.service';

const PATH = '/auth/validate';
/** The route for the request log, which the router would have set. */
const ROUTE = { path: PATH };

/**
 * Answers `POST /auth/validate` ahead of the router, which takes longer than the answer: other services send this for each of
 * their requests. The controller answers everything that is not a plain request with a token.
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

/** The token of a request in the form that most clients send. */
function tokenOf({ method, url, body }: Request): string | undefined {
  if (url !== PATH || method !== 'POST') return undefined;
  const { token } = (body ?? {}) as { token?: unknown };
  return typeof token === 'string' ? token : undefined;
}
