import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { loadConfiguration } from '../src/config/configuration';
import { createApp } from '../src/bootstrap/create-app';

const NOBODY_LISTENS = 'postgresql://nobody@127.0.0.1:1/none';
const REQUESTS = ['/health/live', '/health', '/openapi.json', '/auth/me'];

/**
 * Does what a service does in its first second, as far as it comes without a database: starts, answers, and stops. What V8
 * has compiled by then is kept for later starts (build/code-cache.mjs).
 */
export async function warmUp(): Promise<void> {
  const configuration = loadConfiguration({
    NODE_ENV: 'test',
    AUTH_JWT_SECRET_KEY: randomBytes(32).toString('base64url'),
    AUTH_LOG_LEVEL: 'silent',
    AUTH_DOCS: 'true',
    DATABASE_URL: NOBODY_LISTENS,
  });
  const { app } = await createApp(configuration);
  try {
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    const url = (path: string) => `http://127.0.0.1:${port}${path}`;
    for (const path of REQUESTS) await fetch(url(path), { headers: { Authorization: 'Bearer a.b.c' } });
    await fetch(url('/auth/validate'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token: 'a.b.c' }),
    });
  } finally {
    await app.close();
  }
}
