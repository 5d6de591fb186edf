import { AsyncLocalStorage } from 'node:async_hooks';
import type { Request, RequestHandler } from 'express';
import type { Span } from './tracing/span';
import { originOf, type RequestOrigin } from './request-origin';

/** Milliseconds between the deadlines of the work and of the response, so that a refusal is still sent in time. */
const ANSWER_MARGIN_MS = 200;

/** The authenticated user or service. */
export interface Caller {
  readonly kind: 'user' | 'service';
  readonly id: string;
}

/** The context of one request, with one deadline for all of its work (`deadline.ts`). */
export class RequestScope {
  /** Whether this request has ended sessions, also where it is refused then. */
  hasEndedSessions = false;
  private readonly deadline: number;

  constructor(
    private readonly request: Request,
    timeoutMs: number,
  ) {
    this.deadline = performance.now() + timeoutMs - ANSWER_MARGIN_MS;
  }

  get id(): string {
    return this.request.id;
  }

  /** The trace that the request belongs to, if it is known. */
  get traceId(): string | undefined {
    return this.request.span?.traceId ?? this.request.traceParent?.traceId;
  }

  /** The span of the request, where traces are exported. */
  get span(): Span | undefined {
    return this.request.span;
  }

  /** The pattern of the route, once the router has found it: URLs may contain what must not be logged. */
  get route(): string | undefined {
    return (this.request.route as { readonly path: string } | undefined)?.path;
  }

  get origin(): RequestOrigin {
    return originOf(this.request);
  }

  /** The caller, once the guard has authenticated it. */
  get caller(): Caller | undefined {
    const { principal } = this.request;
    if (!principal) return undefined;
    return { kind: principal.kind, id: principal.kind === 'user' ? principal.identity.id : principal.id };
  }

  get connection(): object {
    return this.request.socket;
  }

  /** Whether the client can no longer receive the response. */
  get isAbandoned(): boolean {
    return !this.request.socket.writable;
  }

  /**
   * Whether the client has closed its side of the connection. It may still wait for the response or have disconnected; only a
   * write can tell.
   */
  get mayBeAbandoned(): boolean {
    return this.request.socket.readableEnded;
  }

  /** Milliseconds until the deadline of the work; negative after it. */
  get msLeft(): number {
    return this.deadline - performance.now();
  }
}

const storage = new AsyncLocalStorage<RequestScope | undefined>();

/** The request on whose behalf this code runs; undefined for background work. */
export function currentRequest(): RequestScope | undefined {
  return storage.getStore();
}

/**
 * Opens the scope of each request, whose response is due within `timeoutMs`. Must be registered after the body parser, whose
 * events run outside any scope.
 */
export function requestScope(timeoutMs: number): RequestHandler {
  return (request, _response, next) => onBehalfOf(new RequestScope(request, timeoutMs), next);
}

/** Runs work, including its asynchronous parts, on behalf of a request; undefined for work that several requests share. */
export function onBehalfOf<T>(scope: RequestScope | undefined, work: () => T): T {
  return storage.run(scope, work);
}
