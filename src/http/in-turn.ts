import type { RequestHandler } from 'express';

/** Several handlers as one, each after the one before. Express looks anew at each of those that it knows, at every request. */
export function inTurn(...handlers: readonly RequestHandler[]): RequestHandler {
  return handlers.reduceRight<RequestHandler>(
    (rest, handler) => (request, response, next) =>
      handler(request, response, (error?: unknown) => {
        if (error === undefined) void rest(request, response, next);
        else next(error);
      }),
    (_request, _response, next) => next(),
  );
}
