import { Logger } from '@nestjs/common';
import { createServer, type Server } from 'node:http';
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
/** The log tells of dropped connections once in this time. */
const DROP_NOTE_MS = 10_000;

/** Express on a server of ours (Node takes the limits on slow requests only when it makes the server), answering JSON straight. */
export class HttpServerAdapter extends ExpressAdapter {
  private readonly log = new Logger('Http');
  private ownConnections: Connections | undefined;
  private lastDropNoted = 0;

  /** In the limits `keepAliveSeconds` says how long a connection may be idle; Node adds a second to what it announces. */
  constructor(
    private readonly limits: { readonly keepAliveSeconds: number; readonly maxConnections: number },
  ) {
    super();
  }

  /** The connections of the server, which there is as soon as the application has been made. */
  get connections(): Connections {
    if (!this.ownConnections) throw new Error('the server has not been made');
    return this.ownConnections;
  }

  override initHttpServer(): void {
    const express = this.getInstance<Express>();
    const { handle } = new Pipelining((request, response) => {
      request.url = originForm(request.url ?? '/');
      express(request, response);
    });
    const server: Server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: this.limits.keepAliveSeconds * 1000,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
        requireHostHeader: false, // strictRequest() does it, with a problem document
      },
      handle,
    );
    // RFC 9112 section 9.6: a client that has closed its side after a request still waits for the answer.
    Object.assign(server, { httpAllowHalfOpen: true }); // Node's switch for it has no documentation and no type
    server.maxConnections = this.limits.maxConnections; // Node closes what comes beyond it
    server.on('drop', this.noteDrop);
    server.maxHeadersCount = 0; // Node would drop what is over the number; their size has a limit
    new ParserErrors().answer(server);
    // RFC 9110 section 10.1.1: an expectation that we do not know may be passed over.
    server.on('checkExpectation', handle);
    // We are no proxy. Node would close without a word.
    server.on('connect', (_request, socket) => closeWithProblem(socket, new AppError('malformed-request')));
    this.ownConnections = new Connections(server);
    this.httpServer = server;
  }

  /** One line in a while, however many connections are dropped. */
  private readonly noteDrop = (): void => {
    const now = Date.now();
    if (now - this.lastDropNoted < DROP_NOTE_MS) return;
    this.lastDropNoted = now;
    this.log.warn({ msg: 'connections dropped', max_connections: this.limits.maxConnections });
  };

  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (typeof body !== 'object' || body === null) return super.reply(response, body, statusCode);
    response.statusCode = statusCode ?? response.statusCode;
    return sendJson(response, body);
  }
}
