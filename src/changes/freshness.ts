import type { Beat } from './heartbeat';

/** The share of the bound for which a heartbeat proves something; the rest is for the answer. */
const SHARE = 0.95;

/**
 * Until when it is known that every change of the database has been heard of. Counts from the moment at which the last heartbeat
 * that came back was sent, by two clocks: the monotonic one may stand still while a machine sleeps, the other one be set.
 */
export class Freshness {
  private beat: Beat | undefined;
  private until = -Infinity;
  private wallUntil = -Infinity;

  constructor(private readonly boundMs: number) {}

  /** Takes a heartbeat that has been heard. */
  prove(beat: Beat): void {
    const left = beat.sentAt + this.boundMs * SHARE - performance.now();
    this.beat = beat;
    this.until = performance.now() + left;
    this.wallUntil = Date.now() + left;
  }

  /** Nothing is known any more. */
  lose(): void {
    this.until = this.wallUntil = -Infinity;
  }

  get isProven(): boolean {
    return performance.now() < this.until && Date.now() < this.wallUntil;
  }

  /**
   * The time of the database's clock, in milliseconds since 1970, rather late than early: what expires by it is over a little
   * too soon and never too late. Only while `isProven`.
   */
  get databaseTime(): number {
    return this.beat === undefined ? Infinity : this.beat.now + performance.now() - this.beat.sentAt;
  }
}
