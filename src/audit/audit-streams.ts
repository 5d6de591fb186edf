import { randomUUID } from 'node:crypto';
import { STREAM_START } from './audit-entry';

/** A chain of this process and day, which one transaction at a time continues. */
export interface AuditStream {
  readonly id: string;
  /** UTC, such as 2026-11-27. */
  readonly day: string;
  /** Of the last event that was committed. */
  seq: number;
  mac: Buffer;
}

/**
 * The streams of this process. A transaction takes a free one, or begins another, so that none waits for the commit of another. A
 * stream whose last transaction may or may not have been committed is not continued.
 */
export class AuditStreams {
  private free: AuditStream[] = [];
  private readonly heads = new Map<string, AuditStream>();

  /** @param day the present one in UTC */
  take(day: string): AuditStream {
    if (this.free.some((stream) => stream.day !== day)) this.free = this.free.filter((s) => s.day === day);
    return this.free.pop() ?? { id: randomUUID(), day, seq: 0, mac: STREAM_START };
  }

  /** Gives a stream back: as it was, or with what was committed. */
  giveBack(stream: AuditStream): void {
    this.free.push(stream);
    if (stream.seq > 0) this.heads.set(stream.id, stream);
    const oldest = this.heads.keys().next().value;
    if (this.heads.size > MAX_HEADS && oldest !== undefined) this.heads.delete(oldest);
  }

  /** Where the streams of a day end. */
  headsOf(day: string): AuditStream[] {
    return [...this.heads.values()].filter((stream) => stream.day === day);
  }
}

/** More than a process has connections. */
const MAX_HEADS = 200;
