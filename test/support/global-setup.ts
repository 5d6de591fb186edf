import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { NODE } from './process/node';
import { makeRunFolder } from './process/run-folder';
import { makeTemplate } from './database/test-database';

declare global {
  var testRun: { readonly folder: string; server?: EmbeddedPostgres } | undefined;
}

const ROOT = resolve(__dirname, '../..');

/**
 * The build of the present sources, a temporary folder for all that tests start, and one PostgreSQL for all test files: that
 * of `DATABASE_URL` (its role must be allowed to create databases), else a throw-away embedded one; and in it one migrated
 * and seeded template, which test files clone.
 */
export default async function setup(): Promise<void> {
  process.env.TEST_BUILD = build();
  const folder = makeRunFolder();
  process.env.TMPDIR = folder;
  globalThis.testRun = { folder };
  process.env.TEST_SERVER_URL = process.env.DATABASE_URL ?? (await startServer(globalThis.testRun));
  await makeTemplate();
}

async function startServer(run: NonNullable<typeof globalThis.testRun>): Promise<string> {
  const directory = join(run.folder, 'server');
  mkdirSync(directory);
  run.server = await startEmbeddedPostgres({ directory, durability: 'throwaway', maxConnections: 300 });
  return run.server.url;
}

/** Builds when something has changed, and answers the folder of the build: its files stay when others build anew. */
function build(): string {
  for (const node of new Set([process.execPath, NODE])) {
    try {
      execFileSync(node, [join(ROOT, 'tools/build.mjs')], { stdio: ['ignore', 'inherit', 'pipe'] });
    } catch (error) {
      const reason = String((error as { stderr?: Buffer }).stderr ?? error);
      throw new Error(`There is no build to test, so no test was run. ${reason}`, { cause: error });
    }
  }
  return realpathSync(join(ROOT, 'dist'));
}
