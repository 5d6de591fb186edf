import type { INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpServerAdapter } from '../http/http-server-adapter';
import { ShutdownState } from '../common/shutdown-state';
import { HttpConfig } from '../config/http.config';

/**
 * Stops the service gracefully: not ready, every response closes its connection, continue for the drain time, stop accepting,
 * wait for requests in progress within the grace time, then close everything. Answers whether all requests finished.
 */
export async function shutDown(app: INestApplication<Server>): Promise<boolean> {
  const { drainSeconds, shutdownGraceSeconds } = app.get(HttpConfig);
  const { connections } = app.getHttpAdapter() as HttpServerAdapter;
  app.get(ShutdownState).startDraining();
  connections.announceClose();
  await sleep(drainSeconds * 1000);
  const finished = await connections.close(shutdownGraceSeconds * 1000);
  await app.close();
  return finished;
}
