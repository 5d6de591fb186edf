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

/** What a request says of itself; undefined where it says nothing. */
interface Given {
  readonly requestId: string | undefined;
  readonly forwardedFor: string | undefined;
}

/**
 * Gives every request an id (the caller's, if well-formed), echoes it, determines the client's address and trace, and measures it and
 * writes one log line when it ends.
 */
export class RequestLog {
  // All members are listed here and none is secret: no redaction.
  private readonly lines: Logger;

  constructor(
    logger: Logger,
    private readonly proxies: TrustedProxies,
  ) {
    this.lines = logger.child({}, { redact: [] });
  }

  open(request: Request, response: Response, { requestId, forwardedFor }: Given): void {
    request.id = requestId !== undefined && WELL_FORMED_ID.test(requestId) ? requestId : randomUUID();
    request.callerAddress = this.proxies.callerOf(request.socket.remoteAddress, forwardedFor);
    beginTrace(request, this.proxies);
    const start = performance.now();
    const { method } = request; // it may be taken for another
    response.on('close', () => this.write(method, request, response, performance.now() - start));
  }

  private write(method: string, request: Request, response: Response, durationMs: number): void {
    const route = routeOf(request);
    measure(method, route ?? NO_ROUTE, response.statusCode, durationMs);
    endTrace(request, route, response.statusCode);
    this.lines.info(
      {
        request_id: request.id,
        trace_id: request.span?.traceId ?? request.traceParent?.traceId,
        ip_address: request.callerAddress,
        method,
        route,
        status: response.statusCode,
        duration_ms: Math.round(durationMs * 10) / 10,
        ...callerOf(request),
        code: response.problemCode,
        aborted: response.writableFinished ? undefined : true,
      },
      'request',
    );
  }
}

/** Opens each request, unless a lane ahead has done so, and echoes its id. */
export function requestContext(log: RequestLog) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (!isOpen(request)) {
      const given = request.headers['x-request-id'];
      const requestId = typeof given === 'string' ? given : undefined;
      log.open(request, response, { requestId, forwardedFor: forwardedFor(request) });
    }
    response.setHeader('X-Request-Id', request.id);
    next();
  };
}

/** The type of `id` holds behind this handler. */
function isOpen({ id }: Partial<Request>): boolean {
  return id !== undefined;
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

/** The caller, if the guard or a lane has authenticated one. */
function callerOf({ principal, callerOfLane }: Request) {
  if (!principal) return callerOfLane;
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
