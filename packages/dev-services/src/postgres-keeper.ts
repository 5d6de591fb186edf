import { Client, escapeIdentifier } from 'pg';

import { SUPERUSER } from './postgres-cluster';
import { sleep } from './timing';

const KEEPER_NAME = 'embedded-postgres-keeper';
const LEAVING_NAME = 'embedded-postgres-leaving';
/** Advisory locks are per database; the keepers' database holds no locks of applications. */
const KEEPER_DATABASE = 'postgres';
const LOCK = 5_432_001;

const CONNECT_LIMIT_MS = 5_000;
const QUERY_LIMIT_MS = 15_000;
const CLOSE_LIMIT_MS = 2_000;
const RECONNECT_AFTER_MS = 250;

type KeptClient = Client & { ref(): void; unref(): void };

export interface KeeperTarget {
  readonly port: number;
  readonly password: string;
  /** Whether the server this keeper belongs to still runs. */
  readonly isAlive: () => Promise<boolean>;
}

/** One connection that shows the server is in use; it never keeps this process alive nor lets it crash. */
export class PostgresKeeper {
  private closing = false;
  private reconnectTimer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly target: KeeperTarget,
    private client: KeptClient,
  ) {
    this.watch();
  }

  static async open(target: KeeperTarget, database: string): Promise<PostgresKeeper> {
    const client = await connect(target);
    try {
      await createDatabase(client, database);
      return new PostgresKeeper(target, client);
    } catch (error) {
      await close(client);
      throw error;
    }
  }

  /**
   * Gives up this keeper, and calls `shutDown` when no other is left. The exclusive lock is held until the server
   * is gone, so that nobody can join a server about to stop: see the shared lock in `connect`.
   */
  async leave(shutDown: () => Promise<void>): Promise<void> {
    this.closing = true;
    clearTimeout(this.reconnectTimer);
    if (await this.target.isAlive()) {
      const last = await this.isLast();
      if (last) {
        await shutDown();
      }
    }
    await close(this.client);
  }

  private async isLast(): Promise<boolean> {
    try {
      this.client.ref();
      return await isLastKeeper(this.client);
    } catch {
      // The connection was lost, perhaps in a crash recovery that the server has survived.
    }
    await close(this.client);
    try {
      this.client = await connect(this.target);
      return await isLastKeeper(this.client);
    } catch {
      // A server that answers nobody is of use to nobody.
      return true;
    }
  }

  private watch(): void {
    this.client.once('end', () => this.scheduleReconnect());
    this.client.unref();
  }

  /** PostgreSQL closes every connection when a backend crashes; without its keeper the server looks unused. */
  private scheduleReconnect(): void {
    if (!this.closing) {
      this.reconnectTimer = setTimeout(() => void this.reconnect(), RECONNECT_AFTER_MS).unref();
    }
  }

  private async reconnect(): Promise<void> {
    if (this.closing || !(await this.target.isAlive())) {
      return;
    }
    const client = await connect(this.target, { inBackground: true }).catch(() => undefined);
    if (client === undefined) {
      this.scheduleReconnect();
    } else if (this.closing) {
      await close(client);
    } else {
      this.client = client;
      this.watch();
    }
  }
}

async function connect(target: KeeperTarget, { inBackground = false } = {}): Promise<KeptClient> {
  const client = new Client({
    host: '127.0.0.1',
    port: target.port,
    user: SUPERUSER,
    password: target.password,
    database: KEEPER_DATABASE,
    application_name: KEEPER_NAME,
    ssl: false,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: QUERY_LIMIT_MS,
  }) as KeptClient;
  // Without a listener the loss of the server would end this process.
  client.on('error', () => undefined);
  try {
    const connected = client.connect();
    if (inBackground) {
      client.unref();
    }
    await connected;
    // Waits while a leaving keeper decides; when that one stops the server, this connection fails.
    await client.query('SELECT pg_advisory_xact_lock_shared($1)', [LOCK]);
    return client;
  } catch (error) {
    await close(client);
    throw error;
  }
}

/** Marks first and counts afterwards, so that of several leaving at once one at least sees itself alone. */
async function isLastKeeper(client: Client): Promise<boolean> {
  await client.query(`SET application_name = '${LEAVING_NAME}'`);
  await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
  const { rowCount } = await client.query('SELECT 1 FROM pg_stat_activity WHERE application_name = $1', [
    KEEPER_NAME,
  ]);
  return rowCount === 0;
}

async function createDatabase(client: Client, database: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
  if (rowCount !== 0) {
    return;
  }
  try {
    await client.query(`CREATE DATABASE ${escapeIdentifier(database)} TEMPLATE template0`);
  } catch (error) {
    // duplicate_database, or unique_violation when another process creates it at this moment
    const { code } = error as { code?: string };
    if (code !== '42P04' && code !== '23505') {
      throw error;
    }
  }
}

async function close(client: Client): Promise<void> {
  const closed = client.end().catch(() => undefined);
  const limit = new AbortController();
  await Promise.race([closed, sleep(CLOSE_LIMIT_MS, limit.signal)]);
  limit.abort();
  (client as KeptClient).unref();
}
