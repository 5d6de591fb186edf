import cluster, { type Worker } from 'node:cluster';
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { createLogger } from '../common/logging/logger';
import type { Configuration } from '../config/configuration';
import type { Environment } from '../config/environment';
import { MIN_SECRET_BYTES } from '../config/signing-keys';
import {
  startDevelopmentDatabase,
  stopDevelopmentDatabase,
  type DevelopmentDatabase,
} from './development-database';
import { exitWithError } from './exit-with-error';
import { STOP_SIGNALS } from './stop-signals';
import { WorkersMetrics } from './workers-metrics';

/** A worker that lived shorter than this is replaced after as long a pause. */
const SHORT_LIFE_MS = 1_000;

/** Whether this process only supervises the workers that serve. */
export function isSupervisor({ http }: Configuration): boolean {
  return http.workers > 1 && cluster.isPrimary;
}

/**
 * Runs as many workers as configured, which share one port, and puts another in the place of one that ends. A signal stops them in
 * order; so does the end of one before any listened, whose status is then that of this process.
 */
export async function superviseWorkers(
  configuration: Configuration,
  environment: Environment,
): Promise<void> {
  const embedded = configuration.database.url === undefined ? startDevelopmentDatabase() : undefined;
  const database = await embedded;
  const shared = {
    ...sharedSecret(configuration, environment),
    ...(database && { DATABASE_URL: database.url }),
  };
  new Supervisor(createLogger(configuration.logging.level), shared, embedded).run(configuration.http.workers);
}

class Supervisor {
  /** The status to exit with, once the stop has begun. */
  private status: number | undefined;
  private hasListened = false;
  private readonly metrics = new WorkersMetrics(running);

  constructor(
    private readonly logger: Logger,
    private readonly environment: Environment,
    private readonly embedded: Promise<DevelopmentDatabase> | undefined,
  ) {}

  run(workers: number): void {
    for (const signal of STOP_SIGNALS) process.on(signal, () => this.stop(0));
    for (let n = 0; n < workers; n++) this.fork();
  }

  private fork(): void {
    const startedAt = Date.now();
    const worker = cluster.fork(this.environment);
    this.metrics.serve(worker);
    worker.once('listening', () => (this.hasListened = true));
    worker.once('exit', (code: number | null, signal: string | null) => {
      if (this.status !== undefined) return this.finish(code);
      if (!this.hasListened) return this.stop(code ?? 1);
      const entry = { worker_pid: worker.process.pid, exit_status: code, signal };
      this.logger.error(entry, 'a worker has ended: another takes its place');
      const isShort = Date.now() - startedAt < SHORT_LIFE_MS;
      setTimeout(() => this.status ?? this.fork(), isShort ? SHORT_LIFE_MS : 0);
    });
  }

  private stop(status: number): void {
    if (this.status !== undefined) return;
    this.status = status;
    for (const worker of running()) worker.process.kill('SIGTERM');
    this.finish(0);
  }

  /** Exits behind the last worker. */
  private finish(code: number | null): void {
    if (code !== 0) this.status ||= 1;
    if (running().length > 0) return;
    stopDevelopmentDatabase(this.embedded).then(() => process.exit(this.status), exitWithError);
  }
}

function running(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker?.isDead() === false) as Worker[];
}

/** A random secret is made once for all. */
function sharedSecret({ tokens }: Configuration, environment: Environment): Environment {
  const { AUTH_JWT_SECRET_KEY: given, AUTH_JWT_SECRET_KEY_FILE: file } = environment;
  if (tokens.signingKey.algorithm !== 'HS256' || file !== undefined) return {};
  return { AUTH_JWT_SECRET_KEY: given ?? randomBytes(MIN_SECRET_BYTES).toString('base64url') };
}
