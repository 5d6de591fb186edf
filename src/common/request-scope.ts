import { AsyncLocalStorage } from 'node:async_hooks';
import type { Request, RequestHandler } from 'express';
import { originOf, type RequestOrigin } from './request-origin';

/** Milliseconds between the deadline of the work and the one of the answer, so that a refusal still comes in time. */
const ANSWER_MARGIN_MS = 200;

/** A user or a service that calls. */
export interface Caller {
  readonly kind: 'user' | 'service';
  readonly id: string;
}

/** What belongs to one request, wherever its work goes; with one deadline for all of it (`deadline.ts`). */
export class RequestScope {
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

  get origin(): RequestOrigin {
    return originOf(this.request);
  }

  /** Who calls, once the guard has found out. */
  get caller(): Caller | undefined {
    const { principal } = this.request;
    if (!principal) return undefined;
    return { kind: principal.kind, id: principal.kind === 'user' ? principal.identity.id : principal.id };
  }

  get connection(): object {
    return this.request.socket;
  }

  /** Whether nobody is there any more to take the answer. */
  get isAbandoned(): boolean {
    return !this.request.socket.writable;
  }

  /**
   * Whether the client has closed its side of the connection. It may wait for its answer, or have gone: who has gone is known
   * for sure only when something is written to them.
   */
  get mayBeAbandoned(): boolean {
    return this.request.socket.readableEnded;
  }

  /** Milliseconds until the work has to be done; negative when that is past. */
  get msLeft(): number {
    return this.deadline - performance.now();
  }
}

const storage = new AsyncLocalStorage<RequestScope | undefined>();

/** The request on whose behalf this code runs; undefined for work of the service's own. */
export function currentRequest(): RequestScope | undefined {
  return storage.getStore();
}

/**
 * Opens the scope of each request, whose answer is due within `timeoutMs`. It stands behind what waits for the body: the
 * events of that know no scope.
 */
export function requestScope(timeoutMs: number): RequestHandler {
  return (request, _response, next) => onBehalfOf(new RequestScope(request, timeoutMs), next);
}

/** Runs work, and all that follows from it, on behalf of a request; undefined: of none, as what several requests share. */
export function onBehalfOf<T>(scope: RequestScope | undefined, work: () => T): T {
  return storage.run(scope, work);
}
