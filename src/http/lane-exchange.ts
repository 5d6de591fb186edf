import type { Request, Response } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { onBehalfOf, RequestScope } from '../common/request-scope';
import type { PlainRequest } from './plain-request';
import type { ServicePrincipal } from '../security/principal';
import type { RequestLog } from './request-context';
import { apiHeaders } from './security-headers';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** What every lane needs of the application. */
export interface LaneOptions {
  readonly log: RequestLog;
  readonly requestTimeoutMs: number;
}

/** Headers of every answer, as `writeHead` takes them. */
const COMMON_HEADERS = [...apiHeaders(), ['Vary', 'Origin']].flat();

/** A request that a lane answers ahead of Express, with the headers, the log line and the deadline of any other. */
export class LaneExchange {
  constructor(
    readonly request: Request,
    private readonly response: Response,
    readonly route: string,
    private readonly pipeline: Handler,
    private readonly options: LaneOptions,
  ) {}

  /** From here on the lane reads the request. `caller`: a service whose credential it has checked. */
  open(plain: PlainRequest, caller: ServicePrincipal | undefined): void {
    if (caller) this.request.principal = caller;
    this.options.log.open(this.request, this.response, plain);
  }

  /** Calls `done` with the complete body; never if the client goes away. */
  readAll(done: (bytes: Buffer) => void): void {
    let first: Buffer | undefined;
    let more: Buffer[] | undefined;
    this.request.on('data', (chunk: Buffer) => {
      if (first === undefined) first = chunk;
      else (more ??= [first]).push(chunk);
    });
    this.request.on('end', () => done(more ? Buffer.concat(more) : (first ?? Buffer.alloc(0))));
  }

  /**
   * Works within the deadline of the request. The pipeline answers an error: the one that `translate` makes of it, or, where that is
   * undefined, whatever the route itself comes to.
   */
  decide(work: () => Promise<void>, translate: (error: unknown) => unknown): void {
    const { request, response, route } = this;
    const scope = new RequestScope(request, this.options.requestTimeoutMs);
    onBehalfOf(scope, work).catch((reason: unknown) => {
      const error = translate(reason);
      if (error !== undefined) request.laneError = { error, route };
      this.pipeline(request, response);
    });
  }

  /** Leaves a request whose body has been read to the pipeline, which authenticates the caller by itself. */
  stepAside(bytes: Buffer): void {
    delete this.request.principal;
    this.request.bodyBytes = bytes;
    this.pipeline(this.request, this.response);
  }

  answer(json: string): void {
    this.write(200, [
      'Content-Type',
      'application/json; charset=utf-8',
      'Content-Length',
      String(Buffer.byteLength(json)),
    ]);
    this.response.end(json);
  }

  pass(headers: readonly [string, string][]): void {
    this.write(204, headers.flat());
    this.response.end();
  }

  private write(status: number, headers: readonly string[]): void {
    this.request.route = { path: this.route };
    this.response.writeHead(status, ['X-Request-Id', this.request.id, ...COMMON_HEADERS, ...headers]);
  }
}
