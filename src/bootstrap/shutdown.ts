import type { INestApplication } from '@nestjs/common';
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpServerAdapter } from '../http/http-server-adapter';
import { ShutdownState } from '../common/shutdown-state';
import { HttpConfig } from '../config/http.config';

/**
 * Ends the service in order: not ready, every answer closes its connection, go on for the drain time, accept nothing
 * new, let requests under way finish within the grace time, then close everything. Answers whether all of them could
 * finish.
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
