import type { INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
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
  const finished = await closeServer(app.getHttpServer(), shutdownGraceSeconds * 1000);
  await app.close();
  return finished;
}

async function closeServer(server: Server, graceMs: number): Promise<boolean> {
  // A connection that has answered its last request is idle only then: close those again and again.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  let finished = true;
  const cut = setTimeout(() => {
    finished = false;
    server.closeAllConnections();
  }, graceMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearInterval(idle);
  clearTimeout(cut);
  return finished;
}
