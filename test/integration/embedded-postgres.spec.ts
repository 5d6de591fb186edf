import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { built } from '../support/process/build';
import { eventually } from '../support/process/eventually';
import { ROOT } from '../support/process/program';
import { query } from '../support/database/test-database';

/** Starts the server of a directory, says where it is, and waits until its standard input ends; then stops it. */
const STARTER = `
  const { startEmbeddedPostgres } = require('${built('packages/dev-services/src/embedded-postgres.js')}');
  startEmbeddedPostgres({ directory: process.argv[1], durability: 'throwaway' }).then((server) => {
    process.stdout.write(JSON.stringify(server) + '\\n');
    process.stdin.resume().on('end', () => server.stop());
  });`;

type Started = Pick<EmbeddedPostgres, 'url' | 'port' | 'pid' | 'adopted'>;

describe('the embedded PostgreSQL', () => {
  let directory: string;
  const servers: EmbeddedPostgres[] = [];
  const starters: ChildProcess[] = [];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-embedded-'));
  });

  afterEach(async () => {
    for (const starter of starters.splice(0)) {
      if (starter.exitCode === null && starter.signalCode === null) {
        starter.stdin?.end();
        await once(starter, 'exit');
      }
    }
    for (const server of servers.splice(0)) await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(durability: 'safe' | 'throwaway' = 'throwaway'): Promise<EmbeddedPostgres> {
    const server = await startEmbeddedPostgres({ directory, durability });
    servers.push(server);
    return server;
  }

  /** Starts it from a process of its own. */
  async function startElsewhere(): Promise<{ starter: ChildProcess; server: Started }> {
    const starter = spawn(process.execPath, ['-e', STARTER, directory], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    starters.push(starter);
    let output = '';
    starter.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const line = await eventually('the server of another process is up', () => /^\{.*\}$/m.exec(output)?.[0]);
    return { starter, server: JSON.parse(line) as Started };
  }

  const isThere = (url: string) =>
    query(url, 'SELECT 1').then(
      () => true,
      () => false,
    );

  it('keeps its data over a stop and a start', async () => {
    const first = await start();
    expect(first.adopted).toBe(false);
    await query(first.url, 'CREATE TABLE kept (n int)');
    await query(first.url, 'INSERT INTO kept VALUES (42)');
    await first.stop();
    expect(await isThere(first.url)).toBe(false);

    const second = await start();
    expect(second).toMatchObject({ adopted: false });
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
  });

  it('is one server for five processes that start it at once in an empty directory', async () => {
    const five = await Promise.all(Array.from({ length: 5 }, () => startElsewhere()));
    expect(new Set(five.map(({ server }) => server.pid)).size).toBe(1);
    expect(new Set(five.map(({ server }) => server.url)).size).toBe(1);
    expect(five.filter(({ server }) => !server.adopted)).toHaveLength(1);

    // It runs as long as one of them uses it, and no longer.
    const url = five[0]?.server.url ?? '';
    for (const { starter } of five.slice(0, 4)) {
      starter.stdin?.end();
      await once(starter, 'exit');
      expect(await isThere(url)).toBe(true);
    }
    const last = starters[4]!;
    last.stdin?.end();
    await once(last, 'exit');
    expect(await isThere(url)).toBe(false);
  });

  it('comes up again after its postmaster was killed, with what was committed', async () => {
    const first = await start('safe');
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
    process.kill(first.pid, 'SIGKILL');
    const second = await start('safe');
    expect(second.pid).not.toBe(first.pid);
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
    await first.stop(); // of a server that is gone: no error, and the new one lives on
    expect(await isThere(second.url)).toBe(true);
  });

  it('is adopted when the process that started it was killed, and stops with the one that adopted it', async () => {
    const { starter, server } = await startElsewhere();
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    const adopted = await start();
    expect(adopted).toMatchObject({ adopted: true, pid: server.pid, url: server.url });
    await adopted.stop();
    expect(await isThere(server.url)).toBe(false);
  });

  it('is left alone by a process id that belongs to somebody else by now', async () => {
    const first = await start();
    const file = join(directory, 'postgres/data/postmaster.pid');
    const [, ...rest] = readFileSync(file, 'utf8').split('\n');
    process.kill(first.pid, 'SIGKILL');
    await eventually('the killed server is gone', async () =>
      (await isThere(first.url)) ? undefined : true,
    );
    writeFileSync(file, [process.pid, ...rest].join('\n'));
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await isThere(second.url)).toBe(true);
  });

  it('takes TCP connections from this machine only, with a password', async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    const [row] = await query<{ listen_addresses: string }>(url, 'SHOW listen_addresses');
    expect(row).toEqual({ listen_addresses: '127.0.0.1' });
  });
});
