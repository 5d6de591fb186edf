import type { RequestHandler } from 'express';
import { AppError } from '../errors/app-error';
import { countHeaderLines } from './header-lines';

/**
 * Refuses what Node's parser lets through and HTTP/1.1 does not: a version before 1.0, and any number of Host headers but
 * one (RFC 9112 section 3.2; HTTP/1.0 may leave it out).
 */
export function strictRequest(): RequestHandler {
  return (request, response, next) => {
    const hosts = countHeaderLines(request, 'host');
    const fewestHosts = request.httpVersion === '1.0' ? 0 : 1;
    if (request.httpVersionMajor === 1 && hosts >= fewestHosts && hosts <= 1) return next();
    response.setHeader('Connection', 'close');
    next(new AppError('malformed-request', { reason: 'version or host' }));
  };
}
