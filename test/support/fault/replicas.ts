import { once } from 'node:events';
import { freePort } from '../process/debian';
import { startService, type Service } from '../process/service';

/** Several replicas of the built service on fixed ports, each a process that a test may end. */
export class Replicas {
  private readonly former: Record<string, unknown>[] = [];

  private constructor(
    readonly ports: readonly number[],
    private readonly settings: { readonly databaseUrl: string; readonly env: Record<string, string> },
    private readonly running: Service[],
  ) {}

  static async start(
    count: number,
    databaseUrl: string,
    env: Record<string, string> = {},
  ): Promise<Replicas> {
    const ports: number[] = [];
    for (let n = 0; n < count; n++) ports.push(await freePort());
    const settings = { databaseUrl, env: { AUTH_RATE_LIMITS: 'false', AUTH_LOG_LEVEL: 'warn', ...env } };
    const first = await launch(ports[0]!, settings); // it migrates
    const others = await Promise.all(ports.slice(1).map((port) => launch(port, settings)));
    return new Replicas(ports, settings, [first, ...others]);
  }

  at(n: number): Service {
    return this.running[n % this.running.length]!;
  }

  get all(): readonly Service[] {
    return this.running;
  }

  /** Ends one at once, as a machine does that loses its power, and starts it anew. */
  async killAndRestart(n: number): Promise<void> {
    const { process: child } = this.at(n);
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await ended;
    await this.launchAgain(n);
  }

  /** The lines of those that were restarted, and of those that run. */
  logs(): Record<string, unknown>[] {
    return [...this.former, ...this.running.flatMap((service) => service.logs())];
  }

  /** Stops one in order and starts it anew; answers the exit status. */
  async restart(n: number): Promise<number | null> {
    const service = this.at(n);
    const status = await service.stop();
    this.former.push(...service.logs());
    await this.launchAgain(n);
    return status;
  }

  /** Stops all; answers the exit statuses. */
  stop(): Promise<(number | null)[]> {
    return Promise.all(this.running.map((service) => service.stop()));
  }

  private async launchAgain(n: number): Promise<void> {
    this.running[n] = await launch(this.ports[n]!, this.settings);
  }
}

function launch(port: number, { databaseUrl, env }: { databaseUrl: string; env: Record<string, string> }) {
  return startService({ databaseUrl, env: { ...env, PORT: String(port) }, until: 'ready' });
}
