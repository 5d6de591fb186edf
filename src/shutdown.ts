import type { INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpServerAdapter } from './common/http/http-server-adapter';
import { Lifecycle } from './common/lifecycle';
import { HttpConfig } from './config/http.config';

/**
 * Ends the service in order: not ready, go on for the drain time, accept nothing new, let requests under way finish within
 * the grace time, then close everything. Answers whether all of them could finish.
 */
export async function shutDown(app: INestApplication<Server>): Promise<boolean> {
  const { drainSeconds, shutdownGraceSeconds } = app.get(HttpConfig);
  app.get(Lifecycle).startDraining();
  await sleep(drainSeconds * 1000);
  const adapter = app.getHttpAdapter() as HttpServerAdapter;
  const finished = await closeServer(app.getHttpServer(), adapter, shutdownGraceSeconds * 1000);
  await app.close();
  return finished;
}

async function closeServer(server: Server, adapter: HttpServerAdapter, graceMs: number): Promise<boolean> {
  // A connection that has answered its last request is idle only then: close those again and again.
  const idle = setInterval(() => adapter.closeIdleConnections(), 50);
  let finished = true;
  const cut = setTimeout(() => {
    finished = false;
    server.closeAllConnections();
  }, graceMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    adapter.closeIdleConnections();
  });
  clearInterval(idle);
  clearTimeout(cut);
  return finished;
}
