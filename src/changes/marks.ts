import { randomUUID } from 'node:crypto';
import { timeFor, withTimeout } from '../common/deadline';
import type { Database, PreparedStatement } from '../database/database';
import { LISTENER } from '../database/listening-connection';
import { CHANNEL } from './heartbeat';

/** How long a request waits for its changes to be heard by every process. */
const LIMIT_MS = 500;
/** Also counts the processes that listen, in whatever replica. */
const MARK: PreparedStatement = {
  name: 'mark',
  text: `SELECT pg_notify('${CHANNEL}', $1), (SELECT count(*)::int FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = '${LISTENER}') AS listeners`,
};
const CONFIRM: PreparedStatement = { name: 'confirm_mark', text: `SELECT pg_notify('${CHANNEL}', $1)` };

/**
 * Marks behind the changes of a request: notifications come in the order of their commits, so whoever has heard a mark has heard the
 * changes, and confirms it.
 */
export class Marks {
  /** Called for each process that has heard the mark of this id. */
  private readonly own = new Map<string, () => void>();

  constructor(private readonly database: Database) {}

  /** Sets a mark; resolves when every process that listens has heard it, or after half a second. */
  async untilHeard(): Promise<void> {
    const id = randomUUID();
    let confirmed = 0;
    let listeners = Infinity;
    let resolve: () => void = () => undefined;
    const heardByAll = new Promise<void>((settle) => (resolve = settle));
    const check = () => confirmed >= listeners && resolve();
    this.own.set(id, () => {
      confirmed++;
      check();
    });
    const wait = async () => {
      const [row] = await this.database.statement<{ listeners: number }>(MARK, [notice('mark', id)]);
      listeners = row?.listeners ?? 1;
      check();
      await heardByAll;
    };
    try {
      await withTimeout(timeFor(LIMIT_MS), wait(), () => new Error('not heard'));
    } catch {
      // the bound holds in any case
    } finally {
      this.own.delete(id);
    }
  }

  /** Takes a mark, or the confirmation of one, that the listening connection has heard. */
  hear(heard: { readonly mark: string } | { readonly heard: string }): void {
    if ('heard' in heard) return this.own.get(heard.heard)?.();
    const own = this.own.get(heard.mark);
    if (own) own();
    // Whoever has set it waits no longer than its limit.
    else this.database.statement(CONFIRM, [notice('heard', heard.mark)]).catch(() => undefined);
  }
}

function notice(kind: 'mark' | 'heard', id: string): string {
  return JSON.stringify({ kind, id });
}
