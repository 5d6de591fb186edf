import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { built } from '../support/process/build';
import { NODE } from '../support/process/node';

const LIMIT_MS = 15_000;

/** Logs so many lines when it is told to, and exits: the first attempt to write them is that of the exit. */
const PROGRAM = `
  const { createLogger } = require(${JSON.stringify(built('src/common/logging/logger.js'))});
  const logger = createLogger('info', { descriptor: 1 });
  process.on('message', (lines) => {
    for (let n = 0; n < lines; n++) logger.info('a line of the log that is of some length');
    process.exit(7);
  });
  process.send('ready');`;

const MANY = 20_000;

/** The end of a program never waits for whoever reads its log. */
describe('the log of a program that exits', () => {
  async function exitStatus(child: ChildProcess, lines: number): Promise<unknown> {
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    child.send(lines);
    const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
    clearTimeout(limit);
    return status ?? signal;
  }

  async function start(output: 'pipe' | number): Promise<ChildProcess> {
    const child = spawn(NODE, ['-e', PROGRAM], { stdio: ['ignore', output, 'inherit', 'ipc'] });
    await once(child, 'message');
    return child;
  }

  it.each([1, MANY])('has all of its lines when they are read (%i)', async (lines) => {
    const child = await start('pipe');
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const closed = once(child, 'close');
    expect(await exitStatus(child, lines)).toBe(7);
    await closed;
    expect(output.split('\n')).toHaveLength(lines + 1);
  });

  it.each([1, MANY])('does not wait for a reader that has gone (%i lines)', async (lines) => {
    const child = await start('pipe');
    child.stdout?.destroy();
    expect(await exitStatus(child, lines)).toBe(7);
  });

  it('does not wait for a reader that does not read', async () => {
    const child = await start('pipe');
    child.stdout?.pause();
    expect(await exitStatus(child, MANY)).toBe(7);
    child.stdout?.destroy();
  });

  it('does not wait for a disk that is full', async () => {
    const child = await start(openSync('/dev/full', 'w'));
    expect(await exitStatus(child, 1)).toBe(7);
  });
});
