import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { tmpdir } from 'node:os';

/** A server under measurement, in a process of its own. */
export interface Target {
  readonly name: string;
  readonly url: string;
  readonly process: ChildProcess;
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

/** Starts the built service and waits until it is ready. */
export async function startService(port: number, env: Record<string, string>): Promise<Target> {
  const child = fork(join(__dirname, '../src/main.js'), [], {
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH, NODE_ENV: 'test', PORT: String(port), ...env },
  });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 200; attempt++) {
    const ready = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return { name: 'service', url, process: child };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the service did not become ready');
}
