import { rmSync } from 'node:fs';
import { dropTemplate } from './test-database';

export default async function teardown(): Promise<void> {
  await dropTemplate();
  const { testServer } = globalThis;
  if (!testServer) return;
  await testServer.server.stop();
  rmSync(testServer.directory, { recursive: true, force: true });
}
