import { Logger } from '@nestjs/common';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express, Response } from 'express';
import { AppError } from '../common/errors/app-error';
import { Connections } from './connections';
import { closeWithProblem, ParserErrors } from './parser-errors';
import { Pipelining } from './pipelining';
import { originForm } from './request-target';
import { sendJson } from './send-json';

const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
/** Dropped connections are logged at most once in this time. */
const DROP_LOG_INTERVAL_MS = 10_000;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Answers a request of the usual form by itself and returns true; returns false for any other. One that it has begun to read it may
 * hand to the `pipeline`.
 */
export type Lane = (request: IncomingMessage, response: ServerResponse, pipeline: Handler) => boolean;

/** Express on our own server (Node accepts the limits on slow requests only at creation), with a direct JSON response. */
export class HttpServerAdapter extends ExpressAdapter {
  private readonly log = new Logger('Http');
  private ownConnections: Connections | undefined;
  private lastDropLogged = 0;
  /** Takes requests ahead of Express. */
  lane: Lane | undefined;

  /** `keepAliveSeconds` limits how long a connection may be idle; Node closes it a second later than it announces. */
  constructor(
    private readonly limits: { readonly keepAliveSeconds: number; readonly maxConnections: number },
  ) {
    super();
  }

  /** The connections of the server; available once the application is created. */
  get connections(): Connections {
    if (!this.ownConnections) throw new Error('the server has not been made');
    return this.ownConnections;
  }

  override initHttpServer(): void {
    const express = this.getInstance<Express>();
    const pipeline: Handler = (request, response) => {
      request.url = originForm(request.url ?? '/');
      express(request, response);
    };
    const { handle } = new Pipelining((request, response) => {
      if (!this.lane?.(request, response, pipeline)) pipeline(request, response);
    });
    const server: Server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: this.limits.keepAliveSeconds * 1000,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
        requireHostHeader: false, // strictRequest() checks it, and answers a problem document
      },
      handle,
    );
    // RFC 9112 section 9.6: a client that has closed its side after a request still waits for the response.
    Object.assign(server, { httpAllowHalfOpen: true }); // undocumented and untyped in Node
    server.maxConnections = this.limits.maxConnections; // Node closes connections beyond it
    server.on('drop', this.logDrop);
    server.maxHeadersCount = 0; // Node would silently drop headers beyond a number; their size is limited
    new ParserErrors().answer(server);
    // RFC 9110 section 10.1.1: an unknown expectation may be ignored.
    server.on('checkExpectation', handle);
    // This is not a proxy; Node would close without a response.
    server.on('connect', (_request, socket) => closeWithProblem(socket, new AppError('malformed-request')));
    this.ownConnections = new Connections(server);
    this.httpServer = server;
  }

  /** Logs at most one line per interval, however many connections are dropped. */
  private readonly logDrop = (): void => {
    const now = Date.now();
    if (now - this.lastDropLogged < DROP_LOG_INTERVAL_MS) return;
    this.lastDropLogged = now;
    this.log.warn({ msg: 'connections dropped', max_connections: this.limits.maxConnections });
  };

  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (typeof body !== 'object' || body === null) return super.reply(response, body, statusCode);
    response.statusCode = statusCode ?? response.statusCode;
    return sendJson(response, body);
  }
}
