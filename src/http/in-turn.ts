import type { RequestHandler } from 'express';

/** Combines handlers into one that calls them in sequence: Express matches each registered handler anew at every request. */
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
