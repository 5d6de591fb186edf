import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';
import { counter, histogram } from '../common/metrics/instruments';
import { parseTraceParent } from '../common/tracing/trace-parent';
import { startRequestSpan } from '../common/tracing/tracing';
import type { TrustedProxies } from '../common/trusted-proxies';

const REQUESTS = counter('http_requests_total', 'Requests that were answered, or whose client went away', [
  'method',
  'route',
  'status',
]);
const DURATION = histogram(
  'http_request_duration_seconds',
  'Time from the headers of a request to the end of its answer',
  ['method', 'route'],
  [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
);
/** The route of requests that no route answered: the path is the caller's. */
const NO_ROUTE = 'none';

const WELL_FORMED_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Gives every request an id (the caller's, if well-formed), echoes it, determines the client's address and trace, and measures it and
 * writes one log line when it ends.
 */
export function requestContext(logger: Logger, proxies: TrustedProxies) {
  // All members are listed here and none is secret: no redaction.
  const lines = logger.child({}, { redact: [] });
  return (request: Request, response: Response, next: NextFunction): void => {
    const given = request.headers['x-request-id'];
    request.id = typeof given === 'string' && WELL_FORMED_ID.test(given) ? given : randomUUID();
    request.callerAddress = proxies.callerOf(request.socket.remoteAddress, forwardedFor(request));
    response.setHeader('X-Request-Id', request.id);
    beginTrace(request, proxies);
    const start = performance.now();
    response.on('close', () => {
      const route = routeOf(request);
      const durationMs = performance.now() - start;
      measure(request.method, route ?? NO_ROUTE, response.statusCode, durationMs);
      endTrace(request, route, response.statusCode);
      lines.info(
        {
          request_id: request.id,
          trace_id: request.span?.traceId ?? request.traceParent?.traceId,
          ip_address: request.callerAddress,
          method: request.method,
          route,
          status: response.statusCode,
          duration_ms: Math.round(durationMs * 10) / 10,
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

/** Node's parser knows a fixed set of methods. */
function measure(method: string, route: string, status: number, durationMs: number): void {
  REQUESTS.add(method, route, String(status));
  DURATION.observe(durationMs / 1000, method, route);
}

/** A trace of the caller counts if a trusted proxy passes it on: anyone else could put their requests into foreign traces. */
function beginTrace(request: Request, proxies: TrustedProxies): void {
  const { traceparent } = request.headers;
  if (typeof traceparent === 'string' && proxies.trustsPeer(request.socket.remoteAddress)) {
    request.traceParent = parseTraceParent(traceparent);
  }
  const facts = { 'http.request.method': request.method, 'auth.request_id': request.id };
  request.span = startRequestSpan(request.method, facts, request.traceParent);
}

function endTrace({ span }: Request, route: string | undefined, status: number): void {
  span?.end({ 'http.route': route, 'http.response.status_code': status }, status >= 500);
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
