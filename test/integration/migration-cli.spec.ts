import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations } from '../../migrations';
import { built } from '../support/process/build';
import { eventually } from '../support/process/eventually';
import { ROOT, run } from '../support/process/program';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const NAMES = migrations.map((migration) => new migration().name);

describe('the migration commands', () => {
  let database: TestDatabase;
  let directory: string;

  beforeAll(async () => {
    database = await createTestDatabase({ empty: true });
    directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-migrations-'));
  });

  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await database.drop();
  });

  const typeorm = (command: string, ...args: string[]) =>
    run('typeorm', [command, '-d', built('ormconfig.js'), ...args], {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
    });
  const shown = async () =>
    (await typeorm('migration:show')).output
      .split('\n')
      .filter((line) => /\[[X ]\]/.test(line))
      .map((line) => (line.includes('[X]') ? 'done' : 'pending'));

  it('show, run, revert, and find no drift', async () => {
    expect(await shown()).toEqual(NAMES.map(() => 'pending'));

    const ran = await typeorm('migration:run');
    expect(ran).toMatchObject({ status: 0, output: expect.stringContaining(NAMES.at(-1) ?? '?') });
    expect(await shown()).toEqual(NAMES.map(() => 'done'));

    expect(await typeorm('migration:generate', '--check', join(directory, 'Drift'))).toMatchObject({
      status: 0,
      output: expect.stringContaining('No changes in database schema were found'),
    });

    expect((await typeorm('migration:revert')).status).toBe(0);
    expect((await shown()).filter((state) => state === 'pending')).toHaveLength(1);
    expect((await typeorm('migration:run')).status).toBe(0);
  });

  it('generate a migration from a difference', async () => {
    expect((await typeorm('migration:run')).status).toBe(0);
    await database.query('ALTER TABLE teams DROP COLUMN external_ref');
    expect(await typeorm('migration:generate', '--check', join(directory, 'Drift'))).toMatchObject({
      status: 1,
    });
    expect((await typeorm('migration:generate', join(directory, 'BringItBack'))).status).toBe(0);
    const [file] = readdirSync(directory).filter((name) => name.endsWith('-BringItBack.ts'));
    const text = readFileSync(join(directory, file ?? '?'), 'utf8');
    expect(text).toMatch(/ALTER TABLE "teams" ADD "external_ref" text/);
  });

  it('create an empty migration', async () => {
    const { status } = await run('typeorm', ['migration:create', join(directory, 'AddSomething')]);
    expect(status).toBe(0);
    expect(readdirSync(directory)).toContainEqual(expect.stringMatching(/^\d{13}-AddSomething\.ts$/));
  });
});

describe('with-database', () => {
  const WITH_DATABASE = [built('tools/with-database.js')];
  const PRINT_URL = ['-e', 'process.stdout.write(process.env.DATABASE_URL)'];

  it('keeps the DATABASE_URL that is set', async () => {
    const { status, output } = await run(
      process.execPath,
      [...WITH_DATABASE, process.execPath, ...PRINT_URL],
      { DATABASE_URL: 'postgresql://somebody@elsewhere/theirs' },
    );
    expect({ status, output }).toEqual({ status: 0, output: 'postgresql://somebody@elsewhere/theirs' });
  });

  it('--throwaway finds no drift on an empty server, which is gone afterwards', async () => {
    const { status, output } = await run(
      process.execPath,
      [
        ...[...WITH_DATABASE, '--throwaway'],
        ...['typeorm', 'migration:run', '-d', built('ormconfig.js'), '--and'],
        ...[
          'typeorm',
          'migration:generate',
          '-d',
          built('ormconfig.js'),
          '--check',
          'migrations/Drift',
          '--and',
        ],
        ...[process.execPath, ...PRINT_URL],
      ],
      { NODE_ENV: 'test', DATABASE_URL: 'postgresql://somebody@elsewhere/theirs' },
    );
    expect(output).toContain('No changes in database schema were found');
    const port = /postgresql:\S+@127\.0\.0\.1:(\d+)\//.exec(output)?.[1];
    expect(Number(port)).toBeGreaterThan(0);
    expect(status).toBe(0);
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  it('ends with the status of the first command that fails, and runs no more', async () => {
    const { status, output } = await run(
      process.execPath,
      [
        ...WITH_DATABASE,
        ...[process.execPath, '-e', 'process.exitCode = 3', '--and'],
        ...[process.execPath, ...PRINT_URL],
      ],
      { DATABASE_URL: 'postgresql://somebody@elsewhere/theirs' },
    );
    expect({ status, output }).toEqual({ status: 3, output: '' });
  });

  it.each(['SIGTERM', 'SIGHUP'] as const)('--throwaway leaves no server behind at %s', async (signal) => {
    const child = spawn(
      process.execPath,
      [...WITH_DATABASE, '--throwaway', process.execPath, ...PRINT_URL_AND_WAIT],
      { cwd: ROOT, env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const port = await eventually('the command runs', () => /127\.0\.0\.1:(\d+)\//.exec(output)?.[1]);
    child.kill(signal);
    await once(child, 'exit');
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
    expect(child.signalCode).toBeNull();
  });

  const PRINT_URL_AND_WAIT = [
    '-e',
    'process.stdout.write(process.env.DATABASE_URL + "\\n"); setInterval(() => undefined, 1000)',
  ];
});
