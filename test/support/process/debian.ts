import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended } from './ended';
import { eventually } from './eventually';

/**
 * Tests that need programs of Debian (`.ci/run` installs them): where one is not installed they are skipped, and say why;
 * CI must have them all.
 */
export function describeWith(programs: readonly string[]): (name: string, tests: () => void) => void {
  const missing = programs.filter((path) => !existsSync(path));
  if (missing.length === 0 || process.env.CI === 'true') return describe;
  return (name, tests) => describe.skip(`${name} (skipped: not installed: ${missing.join(', ')})`, tests);
}

const NOBODY = 65_534;
/** Servers of Erlang take long on a busy machine. */
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;

/** A server of the system, running for one test file. */
export interface SystemServer {
  readonly port: number;
  readonly process: ChildProcess;
  /** Everything it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

/** What a server needs to know of the place that it runs in. */
export interface Place {
  /** A folder of its own, which is gone after the stop. */
  readonly folder: string;
  readonly port: number;
}

/** How to start a server. */
export interface SystemServerOptions {
  readonly program: string;
  readonly args: (place: Place & { readonly configFile: string }) => readonly string[];
  readonly config: (place: Place) => string;
  /** Files beside the configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** For what refuses to run as root. */
  readonly unprivileged?: boolean;
  /** Where it takes connections, if not at the port of its place. */
  readonly listensOn?: number;
  /** It starts others and does not end them itself: at the stop they are ended with it. */
  readonly group?: boolean;
}

/** A signal for a process, or for all that it has started. */
function signal(child: ChildProcess, name: NodeJS.Signals, group: boolean): void {
  if (!group || child.pid === undefined) child.kill(name);
  else if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name);
}

/** Starts a server in the foreground with a configuration of its own, and waits until its port takes connections. */
export async function startSystemServer(options: SystemServerOptions): Promise<SystemServer> {
  const folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-system-'));
  const place = { folder, port: await freePort() };
  const configFile = join(folder, 'server.conf');
  writeFileSync(configFile, options.config(place));
  for (const [name, content] of Object.entries(options.files ?? {}))
    writeFileSync(join(folder, name), content);
  const account = options.unprivileged ? unprivileged(folder) : {};
  const child = spawn(options.program, options.args({ ...place, configFile }), {
    ...account,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: options.group === true,
  });
  let output = '';
  let failed: Error | undefined;
  child.on('error', (error) => (failed = error));
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const stop = async () => {
    if (failed === undefined) {
      const group = options.group === true;
      signal(child, 'SIGTERM', group); // it ends its children
      const limit = setTimeout(() => signal(child, 'SIGKILL', group), STOP_LIMIT_MS);
      await ended(child);
      clearTimeout(limit);
    }
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await eventually(
      `${options.program} listens`,
      async () => {
        if (failed) throw failed;
        if (child.exitCode !== null) throw new Error(`${options.program} ended: ${output}`);
        return (await takesConnections(options.listensOn ?? place.port)) || undefined;
      },
      START_LIMIT_MS,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { port: place.port, process: child, output: () => output, stop };
}

/** Nobody's account, for a process of root; it gets the folder. */
export function unprivileged(folder: string): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))])
    chownSync(path, NOBODY, NOBODY);
  return { uid: NOBODY, gid: NOBODY };
}

/** A port of this machine that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => finish(true)).once('error', () => finish(false));
  });
}
