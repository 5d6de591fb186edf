import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { built } from './build';
import { NODE, PATH } from './node';

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 30_000;
/** What Node.js writes by itself of what is deprecated, experimental, or leaks. */
const NODE_WARNING = /^\(node:\d+\)/m;

/** The secret of test services, where a test does not give another. */
export const TEST_SECRET = 'm7Qx2VtR9pLc4Wz8Kd1Yf6Hs3Nb5Gj0aTe';

/** A running service: the built one, in a process of its own. */
export interface Service {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** Everything it has written so far. */
  output(): string;
  /** Its JSON log lines so far. */
  logs(): Record<string, unknown>[];
  /** Sends a signal and answers the exit status (null when a signal ended it); fails when Node.js has warned of something. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** How to start a service. */
export interface ServiceOptions {
  readonly databaseUrl?: string;
  readonly env?: Record<string, string>;
  /** Another Node.js than the usual one. */
  readonly node?: string;
  /** Another working directory than one without a `.env`. */
  readonly cwd?: string;
  /** Wait until it is ready (default), or only until it listens. */
  readonly until?: 'ready' | 'listening';
}

/** Starts the built service on the port of `env.PORT`, or on a free one, which it tells in its log. */
export async function startService({
  databaseUrl,
  env = {},
  node = NODE,
  cwd = tmpdir(),
  until = 'ready',
}: ServiceOptions = {}): Promise<Service> {
  const database = databaseUrl !== undefined && { DATABASE_URL: databaseUrl };
  const spawned = spawnService({ ...database, ...env }, node, cwd);
  const port =
    Number(env.PORT ?? 0) ||
    (await waitFor(spawned, () => {
      const line = spawned.logs().find(({ msg }) => msg === 'listening');
      return line?.port as number | undefined;
    }));
  const url = `http://127.0.0.1:${port}`;
  const answers = (path: string) =>
    fetch(url + path).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    );
  await waitFor(spawned, () => answers(until === 'ready' ? '/health/ready' : '/health/live'));
  return { ...spawned, url, port };
}

/** The log lines of an answered request, once they have been written. */
export async function logOf(service: Service, headers: Headers): Promise<Record<string, unknown>[]> {
  const id = headers.get('x-request-id');
  return waitFor(service, () => {
    const lines = service.logs().filter(({ request_id: of }) => of === id);
    return lines.some(({ msg }) => msg === 'request') ? lines : undefined;
  });
}

/** Limits that no test reaches unless it sets others; an empty value is the default of the setting. */
const NO_LIMIT_IN_REACH = {
  AUTH_RATE_LIMIT_ACCOUNT_FAILURES: '1000',
  AUTH_RATE_LIMIT_ACCOUNT_GUESSES: '100000',
  AUTH_RATE_LIMIT_SOURCE_FAILURES: '1000000',
  AUTH_RATE_LIMIT_REGISTRATIONS: '1000000',
};

/** A process of the service that may never come up. */
export type SpawnedService = Omit<Service, 'url' | 'port'>;

/** Starts the process with nothing but the variables given (and what a process of the tests needs). */
export function spawnService(env: Record<string, string>, node = NODE, cwd = tmpdir()): SpawnedService {
  const child = spawn(node, ['--enable-source-maps', built('src/main.js')], {
    cwd,
    env: {
      PATH,
      TMPDIR: tmpdir(),
      NODE_ENV: 'test',
      PORT: '0',
      AUTH_JWT_SECRET_KEY: TEST_SECRET,
      AUTH_PASSWORD_HASH_COST: '4',
      ...NO_LIMIT_IN_REACH,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer) => (output += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return {
    process: child,
    output: () => output,
    logs: () => output.split('\n').flatMap(parseLine),
    stop: async (signal = 'SIGTERM') => {
      const status = await stop(child, signal);
      if (NODE_WARNING.test(output)) throw new Error(`Node.js warned:\n${output}`);
      return status;
    },
  };
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  child.kill(signal);
  await once(child, 'exit');
  clearTimeout(limit);
  return child.exitCode;
}

function parseLine(line: string): Record<string, unknown>[] {
  if (!line.startsWith('{')) return [];
  try {
    return [JSON.parse(line) as Record<string, unknown>];
  } catch {
    return []; // a line that has not wholly arrived
  }
}

async function waitFor<T>(
  { process: child, output }: SpawnedService,
  look: () => Promise<T | undefined> | T | undefined,
) {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}:\n${output()}`);
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the service did not come up:\n${output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
