import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { PATH } from './node';

/** The root of the project. */
export const ROOT = resolve(__dirname, '../../..');

/** How a program ended. */
export interface Ended {
  readonly status: number | null;
  /** Standard output and error, as they came. */
  readonly output: string;
}

/** Runs a program to its end, in the root of the project or another folder, with nothing in its environment but what is given. */
export function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd = ROOT,
): Promise<Ended> {
  const child = spawn(program, args, {
    cwd,
    env: { PATH: `${ROOT}/node_modules/.bin:${PATH}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (status) => done({ status, output }));
  });
}
