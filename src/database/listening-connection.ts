import type { Client, ClientConfig } from 'pg';
import { BoundedClient, DatabaseTimeoutError } from './bounded-client';
import { connectionOptions } from './data-source-options';
import { withTimeout } from '../common/deadline';

/** What listening connections call themselves to the server. */
export const LISTENER = 'promptstack-auth-listener';

/** A connection of its own that hears the notifications of a channel. */
export interface ListeningConnection {
  /** Resolves when it has been lost or closed. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Where and how long to connect. */
export interface ConnectionTarget {
  readonly url: string;
  readonly limitMs: number;
}

/**
 * Opens a connection and listens: what is committed from now on is passed to `hear`, in the order of the commits. It belongs to
 * no pool, and fails on a server that takes no writes, as every connection does.
 */
export async function listen(
  target: ConnectionTarget,
  channel: string,
  hear: (payload: string) => void,
): Promise<ListeningConnection> {
  const client = newClient(target, LISTENER);
  const ended = new Promise<void>((resolve) => client.once('end', resolve));
  client.on('notification', ({ payload = '' }) => hear(payload));
  try {
    await withinLimit(
      target.limitMs,
      client.connect().then(() => client.open()),
    );
    await (client as Client).query(`LISTEN ${channel}`);
  } catch (error) {
    destroy(client);
    throw error;
  }
  return { ended, close: () => destroy(client) };
}

/** Runs one statement on a new connection: at whatever the address leads to now. `begun` is called just before it is sent. */
export async function askOnce<Row>(
  target: ConnectionTarget,
  text: string,
  values: readonly unknown[],
  begun: () => void,
): Promise<Row> {
  const client = newClient(target, 'promptstack-auth-heartbeat');
  try {
    const work = async () => {
      await client.connect();
      begun();
      return (client as Client).query(text, [...values]);
    };
    const { rows } = await withinLimit(target.limitMs, work());
    client.end().catch(() => undefined);
    return rows[0] as Row;
  } catch (error) {
    destroy(client);
    throw error;
  }
}

function newClient({ url, limitMs }: ConnectionTarget, name: string): BoundedClient {
  const session = {
    statement_timeout: limitMs,
    lock_timeout: limitMs,
    idle_in_transaction_session_timeout: limitMs,
  };
  return new BoundedClient(
    { statementMs: limitMs, session },
    // The parser's own type for `ssl` is wider than what it answers.
    { ...connectionOptions(url, name), keepAlive: true, connectionTimeoutMillis: limitMs } as ClientConfig,
  );
}

function withinLimit<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return withTimeout(limitMs, work, () => new DatabaseTimeoutError('a connection of its own', limitMs));
}

/** Nothing is said any more, to a server that may hear nothing. */
function destroy(client: BoundedClient): void {
  void client.close(new Error('closed')).catch(() => undefined);
}
