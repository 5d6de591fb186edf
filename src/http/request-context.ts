import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';
import type { TrustedProxies } from '../common/trusted-proxies';

const WELL_FORMED_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Gives every request an id (the caller's, if well-formed), echoes it, determines the client's address, and writes one log line
 * when the request ends.
 */
export function requestContext(logger: Logger, proxies: TrustedProxies) {
  // All members are listed here and none is secret: no redaction.
  const lines = logger.child({}, { redact: [] });
  return (request: Request, response: Response, next: NextFunction): void => {
    const given = request.headers['x-request-id'];
    request.id = typeof given === 'string' && WELL_FORMED_ID.test(given) ? given : randomUUID();
    request.callerAddress = proxies.callerOf(request.socket.remoteAddress, forwardedFor(request));
    response.setHeader('X-Request-Id', request.id);
    const start = performance.now();
    response.on('close', () => {
      lines.info(
        {
          request_id: request.id,
          ip_address: request.callerAddress,
          method: request.method,
          route: routeOf(request),
          status: response.statusCode,
          duration_ms: Math.round((performance.now() - start) * 10) / 10,
          ...callerOf(request),
          code: response.problemCode,
          aborted: response.writableFinished ? undefined : true,
        },
        'request',
      );
    });
    next();
  };
}

/** The caller, if the guard has authenticated one. */
function callerOf({ principal }: Request) {
  if (!principal) return undefined;
  return principal.kind === 'user'
    ? { user_id: principal.identity.id, auth_method: principal.method }
    : { service_id: principal.id };
}

/** All lines of the header joined, as Node does. */
function forwardedFor({ headers }: Request): string | undefined {
  const value = headers['x-forwarded-for'];
  return Array.isArray(value) ? value.join(',') : value;
}

/** The route's pattern, not the URL: URLs may contain what must not be logged. */
function routeOf(request: Request): string | undefined {
  const route = request.route as { path: string } | undefined;
  return route?.path;
}
