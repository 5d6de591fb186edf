import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express, Response } from 'express';
import { AppError } from '../errors/app-error';
import { closeWithProblem, ParserErrors } from './parser-errors';

const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 65_000; // longer than the idle time-out of the usual load balancers (60 s)
const CHECK_INTERVAL_MS = 1_000;

/** Express on a server of ours (Node takes the limits on slow requests only when it makes the server), answering JSON straight. */
export class HttpServerAdapter extends ExpressAdapter {
  private readonly connections = new Set<Socket>();

  override initHttpServer(): void {
    const express = this.getInstance<Express>();
    const server: Server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
        requireHostHeader: false, // strictRequest() does it, with a problem document
      },
      express,
    );
    server.maxHeadersCount = 0; // Node would drop what is over the number; their size has a limit
    new ParserErrors().answer(server);
    // RFC 9110 section 10.1.1: an expectation that we do not know may be passed over.
    server.on('checkExpectation', express);
    // We are no proxy. Node would close without a word.
    server.on('connect', (_request, socket) => closeWithProblem(socket, new AppError('malformed-request')));
    server.on('connection', (socket) => {
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
    });
    this.httpServer = server;
  }

  /** Writes a JSON answer at once; Express' `json` would look at settings, charsets and freshness that we have no use for. */
  override reply(response: Response, body: unknown, statusCode?: number): unknown {
    if (typeof body !== 'object' || body === null) return super.reply(response, body, statusCode);
    const text = JSON.stringify(body);
    response.statusCode = statusCode ?? response.statusCode;
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Content-Length', Buffer.byteLength(text));
    return response.end(text);
  }

  /** Closes every connection without a request under way, also those that have not sent a byte yet: Node passes over them. */
  closeIdleConnections(): void {
    (this.httpServer as Server).closeIdleConnections();
    for (const socket of this.connections) if (socket.bytesRead === 0) socket.destroy();
  }
}
