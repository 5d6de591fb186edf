import type { RequestHandler } from 'express';

/**
 * Takes a request of any method for a GET without a body, on these paths: a gateway asks with the method and the headers of its own
 * client, such as a preflight, or a `Content-Length` whose bytes never come. What is announced is not waited for, so that the
 * connection cannot be used again.
 */
export function asGet(paths: RegExp): RequestHandler {
  return (request, response, next) => {
    if (!paths.test(request.path)) return next();
    const { headers } = request;
    if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
      response.setHeader('Connection', 'close');
      request.resume();
    }
    request.method = 'GET';
    next();
  };
}
