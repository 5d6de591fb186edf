import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { bearer } from '../http/http';
import { freePort } from './debian';
import { ended } from './ended';
import { eventually } from './eventually';
import { NODE } from './node';
import { ROOT, run } from './program';

export const PYTHON = '/usr/bin/python3';
/** What the example in Python runs on. */
export const PYTHON_LIBRARIES = ['fastapi', 'uvicorn', 'httpx'].map(
  (name) => `/usr/lib/python3/dist-packages/${name}`,
);

/** Ten of them may start at once on a busy machine. */
const START_LIMIT_MS = 60_000;

/** The services of examples/, as consumers of the service. */
export type Kind = 'NestJS' | 'FastAPI';

/** A running one. */
export interface Consumer {
  readonly kind: Kind;
  readonly url: string;
  /** The status of `GET /me`. */
  me(token: string): Promise<number>;
  stop(): Promise<void>;
}

/** Builds the client and the example in TypeScript. */
export async function buildExamples(): Promise<void> {
  for (const [args, cwd] of [
    [[join(ROOT, 'packages/client/build.mjs')], ROOT],
    [[join(ROOT, 'node_modules/typescript/bin/tsc')], join(ROOT, 'examples/nest')],
  ] as const) {
    const { status, output } = await run(process.execPath, args, {}, cwd);
    if (status !== 0) throw new Error(output);
  }
}

/** Starts one, and waits until it remembers answers. */
export async function startConsumer(
  kind: Kind,
  auth: { readonly urls: readonly string[]; readonly key: string },
): Promise<Consumer> {
  const port = await freePort();
  const uvicorn = ['-m', 'uvicorn', 'main:app', '--port', String(port), '--log-level', 'error'];
  const [program, args, folder] =
    kind === 'NestJS' ? [NODE, ['dist/main.js'], 'nest'] : [PYTHON, uvicorn, 'fastapi'];
  const child: ChildProcess = spawn(program, args, {
    cwd: join(ROOT, 'examples', folder),
    env: {
      PATH: process.env.PATH,
      PYTHONPATH: join(ROOT, 'clients/python'),
      PYTHONDONTWRITEBYTECODE: '1',
      AUTH_URL: auth.urls.join(','),
      AUTH_KEY: auth.key,
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const isUp = async () => {
    if (child.exitCode !== null) throw new Error(`${kind} ended: ${output}`);
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    return answer?.ok || undefined;
  };
  await eventually(`${kind} is ready`, isUp, START_LIMIT_MS);
  return {
    kind,
    url,
    me: async (token) => {
      const { status, body } = await fetch(`${url}/me`, { headers: bearer(token) });
      await body?.cancel();
      return status;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended(child);
    },
  };
}
