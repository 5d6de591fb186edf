import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../dev/embedded-postgres';
import { makeTemplate } from './test-database';

declare global {
  var testServer: { server: EmbeddedPostgres; directory: string } | undefined;
}

const ROOT = resolve(__dirname, '../..');

/**
 * The build of the present sources, and one PostgreSQL for all test files: that of `DATABASE_URL` (its role must be allowed to create databases), else a
 * throw-away embedded one; and in it one migrated and seeded template, which test files clone.
 */
export default async function setup(): Promise<void> {
  process.env.TEST_BUILD = build();
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

/** Builds when something has changed, and answers the folder of the build: its files stay when others build anew. */
function build(): string {
  try {
    execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
  } catch (error) {
    const reason = String((error as { stderr?: Buffer }).stderr ?? error);
    throw new Error(`There is no build to test, so no test was run. ${reason}`, { cause: error });
  }
  return realpathSync(join(ROOT, 'dist'));
}
