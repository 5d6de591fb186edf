import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { run } from '../support/program';

interface LeftBehind {
  readonly pid: number;
  readonly url: string;
  readonly folders: readonly string[];
}

it('a test that fails leaves no service, no server and no folder behind, and Jest ends by itself', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'promptstack-auth-leftovers-')), 'left.json');
  const fixture = 'test/support/fixtures/leaves-everything-behind.ts';
  const { status, output } = await run('jest', ['--testMatch', `**/${fixture}`, '--runInBand'], {
    LEFT_BEHIND: file,
  });
  expect(output).toContain('on purpose');
  expect(status).toBe(1);
  const { pid, url, folders } = JSON.parse(readFileSync(file, 'utf8')) as LeftBehind;
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
  await expect(new Client({ connectionString: url }).connect()).rejects.toThrow('ECONNREFUSED');
});
