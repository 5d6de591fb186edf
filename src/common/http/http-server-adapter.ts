import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { ExpressAdapter } from '@nestjs/platform-express';
import { answerClientError } from './client-error';

const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_MS = 65_000; // longer than the idle time-out of the usual load balancers (60 s)
const CHECK_INTERVAL_MS = 1_000;

/** Express on a server of ours: Node takes the limits on slow requests only when it makes the server. */
export class HttpServerAdapter extends ExpressAdapter {
  private readonly connections = new Set<Socket>();

  override initHttpServer(): void {
    const server: Server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
      },
      this.getInstance(),
    );
    server.on('clientError', answerClientError);
    server.on('connection', (socket) => {
      this.connections.add(socket);
      socket.once('close', () => this.connections.delete(socket));
    });
    this.httpServer = server;
  }

  /** Closes every connection without a request under way, also those that have not sent a byte yet: Node passes over them. */
  closeIdleConnections(): void {
    (this.httpServer as Server).closeIdleConnections();
    for (const socket of this.connections) if (socket.bytesRead === 0) socket.destroy();
  }
}
