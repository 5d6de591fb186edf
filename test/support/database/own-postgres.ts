import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { eventually } from '../process/eventually';

/** A PostgreSQL server of one test file, which the test may maltreat. */
export class OwnPostgres {
  private constructor(
    readonly directory: string,
    private server: EmbeddedPostgres,
  ) {}

  static async start(): Promise<OwnPostgres> {
    const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-fault-'));
    return new OwnPostgres(directory, await launch(directory));
  }

  get url(): string {
    return this.server.url;
  }

  /** Stops the postmaster and every backend in the middle of whatever they do. */
  freeze(): void {
    const { pid } = this.server;
    signal(pid, 'SIGSTOP'); // first, so that it makes no more children
    for (const child of childrenOf(pid)) signal(child, 'SIGSTOP');
  }

  thaw(): void {
    const { pid } = this.server;
    for (const child of childrenOf(pid)) signal(child, 'SIGCONT');
    signal(pid, 'SIGCONT');
  }

  /** Ends all of it at once, as a power cut does, and waits until it is gone. */
  async kill(): Promise<void> {
    const pids = [this.server.pid, ...childrenOf(this.server.pid)];
    for (const pid of pids) signal(pid, 'SIGKILL');
    await eventually('the killed server is gone', () => (pids.some(isAlive) ? undefined : true));
  }

  /** Starts it again after `kill`, on another port; as a standby, it takes no writes until it is promoted. */
  async restart({ standby = false } = {}): Promise<void> {
    if (standby) writeFileSync(join(this.directory, 'postgres', 'data', 'standby.signal'), '');
    this.server = await launch(this.directory);
  }

  async remove(): Promise<void> {
    await this.server.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function launch(directory: string): Promise<EmbeddedPostgres> {
  // "safe": what was acknowledged must be there after a kill.
  return startEmbeddedPostgres({ directory, durability: 'safe', maxConnections: 100 });
}

function childrenOf(pid: number): number[] {
  let text: string;
  try {
    text =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
        : execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  } catch {
    return []; // the parent is gone, or has none
  }
  return text.split(/\s+/).filter(Boolean).map(Number);
}

function signal(pid: number, name: NodeJS.Signals): void {
  if (isAlive(pid)) process.kill(pid, name);
}

/** A process that has ended and whose parent has not noticed yet counts as gone. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
