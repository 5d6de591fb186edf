import type { RequestHandler } from 'express';

/** Has the error of a request that a lane has decided answered, as one of its route. */
export function laneErrors(): RequestHandler {
  return (request, _response, next) => {
    const { laneError } = request;
    if (laneError === undefined) return next();
    request.route = { path: laneError.route };
    next(laneError.error);
  };
}
