import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Clock } from '../common/clock';
import { AppError } from '../common/errors/app-error';
import { AuditConfig } from '../config/audit.config';
import { isRetryable, translateDatabaseError } from '../database/postgres-errors';
import { atEnd } from '../database/transaction-end';
import { chainMac, type AuditEntry } from './audit-entry';
import { AuditEventsRepository, type ChainedEntry } from './audit-events.repository';
import { auditRow, type AuditRow } from './audit-row';
import { AuditStreams, type AuditStream } from './audit-streams';

/** An event that has no time yet: that is when it is written. */
export type UntimedEntry = Omit<AuditEntry, 'time'>;

/**
 * The table of events. What a transaction records is written as its last statement, so that no lock of a stream is held while it
 * works. When it cannot be written the act fails with `service-unavailable`.
 */
@Injectable()
export class AuditLog {
  private readonly streams = new AuditStreams();
  private readonly recorded = new WeakMap<EntityManager, UntimedEntry[]>();

  constructor(
    private readonly config: AuditConfig,
    private readonly events: AuditEventsRepository,
    private readonly clock: Clock,
  ) {}

  /** Where the streams of this process end today. */
  heads(): readonly AuditStream[] {
    return this.streams.headsOf(dayOf(new Date(this.clock.now())));
  }

  /** Writes an event at the end of the manager's transaction, or at once without one. */
  async write(entry: UntimedEntry, manager: EntityManager | undefined): Promise<void> {
    if (manager) return this.writeAtEnd(entry, manager);
    const { stream, chained } = this.chain([entry]);
    await this.insert(stream, chained, undefined); // after an error it may be there: the stream is not continued
    this.giveBack(stream, chained);
  }

  /**
   * Writes an event in the single statement of the act, which takes it as the parameter of `auditCtes` once it has a connection: there
   * are no more streams than connections. An act that answers undefined has not taken place, and has written nothing.
   */
  async writeWith<T>(
    entry: UntimedEntry,
    act: (row: AuditRow) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    let taken: ReturnType<AuditLog['chain']> | undefined;
    const row = () => {
      taken ??= this.chain([entry]);
      return auditRow(taken.stream, taken.chained[0]!);
    };
    // After an error it may be there: the stream is not continued.
    const answer = await orUnavailable(act(row));
    if (taken) this.giveBack(taken.stream, answer === undefined ? [] : taken.chained);
    return answer;
  }

  private writeAtEnd(entry: UntimedEntry, manager: EntityManager): void {
    const recorded = this.recorded.get(manager);
    if (recorded) {
      recorded.push(entry);
      return;
    }
    const entries = [entry];
    this.recorded.set(manager, entries);
    let taken: ReturnType<AuditLog['chain']> | undefined;
    atEnd(manager, {
      before: async () => {
        taken = this.chain(entries);
        await this.insert(taken.stream, taken.chained, manager);
      },
      committed: () => taken && this.giveBack(taken.stream, taken.chained),
      failed: (isUncertain) => {
        if (taken && !isUncertain) this.streams.giveBack(taken.stream);
      },
    });
  }

  private chain(entries: readonly UntimedEntry[]): { stream: AuditStream; chained: ChainedEntry[] } {
    const time = new Date(this.clock.now());
    const stream = this.streams.take(dayOf(time));
    const [key] = this.config.keys;
    if (!key) throw new Error('there is no key for the audit log');
    let { seq, mac } = stream;
    const chained = entries.map((untimed) => {
      const entry = { ...untimed, time };
      const place = { stream: stream.id, seq: ++seq };
      mac = chainMac(key, mac, place, entry);
      return { ...entry, ...place, mac };
    });
    return { stream, chained };
  }

  private giveBack(stream: AuditStream, chained: readonly ChainedEntry[]): void {
    const last = chained.at(-1);
    if (last) Object.assign(stream, { seq: last.seq, mac: last.mac });
    this.streams.giveBack(stream);
  }

  private insert(
    stream: AuditStream,
    chained: readonly ChainedEntry[],
    manager: EntityManager | undefined,
  ): Promise<void> {
    return orUnavailable(this.events.insert(stream, chained, manager));
  }
}

async function orUnavailable<T>(written: Promise<T>): Promise<T> {
  try {
    return await written;
  } catch (error) {
    if (error instanceof AppError || isRetryable(error) || translateDatabaseError(error)) throw error;
    throw new AppError('service-unavailable', { reason: 'audit', cause: error });
  }
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
