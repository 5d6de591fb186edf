import { type PostgresBinaries, preparePostgresBinaries } from './postgres-binaries';
import { type Durability, type PostgresCluster, SUPERUSER, openCluster } from './postgres-cluster';
import { PostgresKeeper } from './postgres-keeper';
import {
  type SpawnedPostmaster,
  findPostmaster,
  isPostmaster,
  readLogTail,
  shutDown,
  spawnPostmaster,
} from './postgres-process';
import { type ServerAccount, sendSignal, serverAccount } from './server-account';
import { Deadline, sleep } from './timing';

export interface EmbeddedPostgresOptions {
  /** Where the data, the password and the log are kept; created when missing. */
  directory: string;
  /** `throwaway` (tests) trades crash safety for speed. A running server that is adopted keeps what it has. */
  durability?: Durability;
  maxConnections?: number;
  /** Created when missing. */
  database?: string;
  log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** Contains the password: never log it. */
  readonly url: string;
  readonly port: number;
  /** The postmaster. */
  readonly pid: number;
  /** Whether the server ran already, or another process started it at the same moment. */
  readonly adopted: boolean;
  /** Stops the server unless another process that started or adopted it still uses it. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 60_000;
const POLL_MS = 20;
const LONGEST_PAUSE_MS = 1_000;
const UNEXPLAINED_FAILURES_ALLOWED = 2;
const DEFAULT_DATABASE = 'promptstack_auth';

/**
 * Starts the PostgreSQL of the directory, or joins the one that runs there. Any number of processes may call it at
 * once: PostgreSQL's own postmaster.pid decides which server lives, and everybody else joins that one.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const account = serverAccount();
  const log = options.log ?? ((): void => undefined);
  const deadline = new Deadline(START_LIMIT_MS);
  let prepared: Promise<PostgresBinaries> | undefined;
  const binaries = (): Promise<PostgresBinaries> => (prepared ??= preparePostgresBinaries(account, log));

  const durability = options.durability ?? 'safe';
  const cluster = await openCluster({ directory: options.directory, durability, account, log, binaries });
  return new Launch(cluster, account, binaries, deadline, { ...options, durability, log }).run();
}

type LaunchSettings = EmbeddedPostgresOptions & Required<Pick<EmbeddedPostgresOptions, 'durability' | 'log'>>;

class Launch {
  private spawned: SpawnedPostmaster | undefined;
  private failures = 0;
  private unexplainedFailures = 0;
  private lastProblem = '';

  constructor(
    private readonly cluster: PostgresCluster,
    private readonly account: ServerAccount,
    private readonly binaries: () => Promise<PostgresBinaries>,
    private readonly deadline: Deadline,
    private readonly settings: LaunchSettings,
  ) {}

  async run(): Promise<EmbeddedPostgres> {
    try {
      while (!this.deadline.passed) {
        const running = await findPostmaster(this.cluster);
        const joined = running?.port === undefined ? undefined : await this.join(running.pid, running.port);
        if (joined !== undefined) {
          return joined;
        }
        if (running === undefined) {
          await this.ensureSpawned();
        }
        await sleep(POLL_MS);
      }
      throw new Error(await this.describeTimeout());
    } catch (error) {
      // A server whose launcher has given up must not stay behind.
      const pid = this.spawned?.pid;
      if (pid !== undefined && (await this.spawned?.failure()) === undefined) {
        sendSignal(pid, 'SIGINT');
      }
      throw error;
    }
  }

  private async join(pid: number, port: number): Promise<EmbeddedPostgres | undefined> {
    const { cluster, settings } = this;
    const database = settings.database ?? DEFAULT_DATABASE;
    const isAlive = (): Promise<boolean> => isPostmaster(pid, cluster.dataDirectory);
    let keeper: PostgresKeeper;
    try {
      keeper = await PostgresKeeper.open({ port, password: cluster.password, isAlive }, database);
    } catch (error) {
      this.explainJoinFailure(error, pid);
      return undefined;
    }

    const adopted = pid !== this.spawned?.pid;
    settings.log(
      `PostgreSQL ${adopted ? 'was already running' : 'is running'} on 127.0.0.1:${port} (pid ${pid})`,
    );
    const pgCtl = async (): Promise<string> => (await this.binaries()).pg_ctl;
    let stopped: Promise<void> | undefined;
    return {
      url: `postgresql://${SUPERUSER}:${cluster.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
      port,
      pid,
      adopted,
      stop: () => (stopped ??= keeper.leave(() => shutDown(pid, cluster, pgCtl))),
    };
  }

  private explainJoinFailure(error: unknown, pid: number): void {
    const { code, message } = error as { code?: string; message: string };
    if (code === '28P01') {
      throw new Error(
        `PostgreSQL refused the password in ${this.cluster.passwordFile}. Remove ${this.cluster.folder} to start ` +
          `with an empty database (its data is lost).`,
      );
    }
    this.lastProblem = `the server with pid ${pid} does not accept this process (${message}).`;
  }

  private async ensureSpawned(): Promise<void> {
    if (this.spawned !== undefined) {
      const failure = await this.spawned.failure();
      if (failure === undefined) {
        return;
      }
      await this.considerFailure(failure);
    }
    const { durability, maxConnections = 100 } = this.settings;
    this.spawned = await spawnPostmaster(await this.binaries(), this.cluster, {
      account: this.account,
      durability,
      maxConnections,
    });
  }

  /** A taken port, a competing launcher and the last backends of a killed server pass with time. */
  private async considerFailure(failure: string): Promise<void> {
    this.lastProblem = failure;
    const passes = /could not bind|TCP\/IP sockets|lock file|pre-existing shared memory/.test(failure);
    this.unexplainedFailures += passes ? 0 : 1;
    if (this.unexplainedFailures > UNEXPLAINED_FAILURES_ALLOWED) {
      throw new Error(`The embedded PostgreSQL in ${this.cluster.folder} does not start: ${failure}`);
    }
    await sleep(Math.min(LONGEST_PAUSE_MS, 50 * 2 ** this.failures));
    this.failures += 1;
  }

  private async describeTimeout(): Promise<string> {
    const seconds = START_LIMIT_MS / 1_000;
    const tail = await readLogTail(this.cluster.logFile);
    return [
      `The embedded PostgreSQL in ${this.cluster.folder} was not ready within ${seconds} s.`,
      ...(this.lastProblem === '' ? [] : [`Last problem: ${this.lastProblem}`]),
      `Last lines of ${this.cluster.logFile}:`,
      tail,
    ].join('\n');
  }
}
