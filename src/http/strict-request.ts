import type { RequestHandler } from 'express';
import { AppError } from '../common/errors/app-error';
import { countHeaderLines } from './header-lines';

/**
 * Refuses what Node's parser accepts and HTTP/1.1 forbids: a version before 1.0, any number of Host headers other than one
 * (RFC 9112 section 3.2; HTTP/1.0 may omit it), and Transfer-Encoding in HTTP/1.0, whose framing is faulty by section 6.1.
 */
export function strictRequest(): RequestHandler {
  return (request, response, next) => {
    const hosts = countHeaderLines(request, 'host');
    const isOld = request.httpVersion === '1.0';
    const isFramed = !isOld || request.headers['transfer-encoding'] === undefined;
    if (request.httpVersionMajor === 1 && hosts >= (isOld ? 0 : 1) && hosts <= 1 && isFramed) return next();
    response.setHeader('Connection', 'close');
    next(new AppError('malformed-request', { reason: 'version, host or framing' }));
  };
}
