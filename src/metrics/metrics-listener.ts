import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConfigurationError } from '../config/configuration-error';
import { MetricsConfig } from '../config/metrics.config';
import { CONTENT_TYPE, exposition } from './exposition';

const TIMEOUT_MS = 5_000;
const MAX_CONNECTIONS = 50;

/** Serves `/metrics`, and nothing else, on a port of its own. */
@Injectable()
export class MetricsListener implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Metrics');
  private server: Server | undefined;

  constructor(private readonly config: MetricsConfig) {}

  async onApplicationBootstrap(): Promise<void> {
    const server = createServer(
      { headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, connectionsCheckingInterval: 1_000 },
      (request, response) => void answer(request, response).catch(() => response.destroy()),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.listen(this.config.port);
    try {
      await once(server, 'listening');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new ConfigurationError([`AUTH_METRICS_PORT cannot be listened on (${code ?? 'unknown error'})`]);
    }
    this.server = server;
    this.logger.log({ msg: 'metrics are served', port: (server.address() as AddressInfo).port });
  }

  onApplicationShutdown(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }
}

async function answer({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const isMetrics = /^\/metrics(?:\?|$)/.test(url) && (method === 'GET' || method === 'HEAD');
  if (!isMetrics) {
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Only /metrics is here.\n');
    return;
  }
  const text = await exposition();
  response.writeHead(200, { 'Content-Type': CONTENT_TYPE, 'Cache-Control': 'no-store' }).end(text);
}
