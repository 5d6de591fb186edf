import { fork, spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const START_LIMIT_MS = 30_000;
/** Short against a start, which is what some measure. */
const PAUSE_MS = 10;

/** A server under measurement, in a process of its own. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
}

/** Which service to start, on which Node.js. */
export interface ServiceToStart {
  readonly name: string;
  readonly node: string;
  /** The folder of the build. */
  readonly dist: string;
}

/** Starts the floor in one of its modes. */
export async function startReference(
  mode: 'memory' | 'database',
  options: Record<string, unknown>,
): Promise<Target> {
  const child = fork(join(__dirname, 'reference-server.js'), [JSON.stringify({ ...options, mode })]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return { name: `floor from ${mode}`, url: `http://127.0.0.1:${port}`, process: child };
}

/** Starts a built service on a free port and waits until it is ready: whoever else listens here is not measured. */
export async function startService(
  env: Record<string, string>,
  { name = 'service', node = process.execPath, dist = join(__dirname, '..') }: Partial<ServiceToStart> = {},
): Promise<Target> {
  const child = spawn(node, ['--enable-source-maps', join(dist, 'src/main.js')], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, NODE_ENV: 'test', PORT: '0', ...env },
  });
  const url = `http://127.0.0.1:${await portOf(child)}`;
  const deadline = Date.now() + START_LIMIT_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name} did not become ready`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return { name, url, process: child };
}

/** The port that its log names; the rest of the log is read and dropped. */
async function portOf(child: ChildProcessByStdio<null, Readable, null>): Promise<number> {
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /"port":(\d+).*"msg":"listening"/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout.resume();
    return Number(port);
  }
  throw new Error('the service ended before it listened');
}

function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}
