import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../dev/embedded-postgres';
import { makeTemplate } from './test-database';

declare global {
  var testServer: { server: EmbeddedPostgres; directory: string } | undefined;
}

/**
 * One PostgreSQL for all test files: that of `DATABASE_URL` (its role must be allowed to create databases), else a
 * throw-away embedded one; and in it one migrated and seeded template, which test files clone.
 */
export default async function setup(): Promise<void> {
  let url = process.env.DATABASE_URL;
  if (url === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-test-'));
    const server = await startEmbeddedPostgres({ directory, durability: 'throwaway', maxConnections: 300 });
    globalThis.testServer = { server, directory };
    url = server.url;
  }
  process.env.TEST_SERVER_URL = url;
  await makeTemplate();
}
