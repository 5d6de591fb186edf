import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { ROOT, run } from '../support/process/program';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

interface LeftBehind {
  readonly pids: number[];
  readonly server: string;
  readonly folders: string[];
  readonly database: string;
}

describe('a run of tests', () => {
  let folder: string;
  let database: TestDatabase;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-runs-'));
    database = await createTestDatabase({ empty: true });
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const jest = (env: Record<string, string>, ...args: string[]) =>
    run(process.execPath, [join(ROOT, 'node_modules/jest/bin/jest.js'), '-w', '1', ...args], {
      TMPDIR: folder,
      DATABASE_URL: process.env.TEST_SERVER_URL ?? '',
      TEST_RUN: 'inner',
      ...env,
    });

  it('leaves nothing behind when a test fails, nor what a run has left that was killed, and ends by itself', async () => {
    mkdirSync(join(folder, 'promptstack-auth-test-1073741824-killed'));
    const fixture = '**/test/support/fixtures/leaves-everything-behind.ts';
    const { status, output } = await jest({}, '--testMatch', fixture);
    expect(status).toBe(1);
    const left = JSON.parse(/LEFT (.+) BEHIND/.exec(output)?.[1] ?? '') as LeftBehind;
    expect(left.pids).toHaveLength(2);
    for (const pid of left.pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(left.folders.filter((path) => existsSync(path))).toEqual([]);
    await expect(new Client({ connectionString: left.server }).connect()).rejects.toThrow('ECONNREFUSED');
    expect(await database.query('SELECT 1 FROM pg_database WHERE datname = $1', [left.database])).toEqual([]);
    expect(readdirSync(folder).filter((name) => !/^(jest|swc)/.test(name))).toEqual([]); // those are caches
  });

  it('says how long it will take, and what was skipped and why', async () => {
    const { output } = await jest({ CHROMIUM_PATH: '/nowhere/chromium' }, 'test/contract/docs-page.spec.ts');
    expect(output).toMatch(/^1 file of tests: about \d+ s on two cores$/m);
    expect(output).toMatch(
      /^skipped \d+ of test\/contract\/docs-page\.spec\.ts: not installed: \/nowhere\/chromium$/m,
    );
  });

  it('without a build says so once, and runs no test', async () => {
    const { status, output } = await jest({ TEST_NODE: '/nowhere/node' }, 'test/e2e/auth/main-flow.spec.ts');
    expect(status).toBe(1);
    expect(output).toContain('There is no build to test, so no test was run.');
    expect(output).not.toContain('✕');
  });
});
