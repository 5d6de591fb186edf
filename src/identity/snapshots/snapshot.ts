import type { UserAnswer } from './user-answer';
import { textBytes } from './text-pool';

/** What limits the time of a verified token; milliseconds since 1970. */
export interface TokenLimits {
  readonly userId: string;
  readonly sessionId: string;
  /** By the clock of this process, with the leeway. */
  readonly validFrom: number;
  readonly validUntil: number;
  /** When the session ends if nothing ends it before, by the database's clock. */
  readonly sessionEndsAt: number;
}

/** Objects, references and the entries of maps, measured. */
const OVERHEAD_BYTES = 480;
const ELEMENT_BYTES = 8;

/** A verified token and the answer about its user. */
export class Snapshot {
  constructor(
    readonly token: string,
    readonly limits: TokenLimits,
    readonly answer: UserAnswer,
  ) {}

  /** Estimated bytes in memory, without the elements that it shares. */
  get size(): number {
    const { head, elements } = this.answer;
    return OVERHEAD_BYTES + this.token.length + textBytes(head) + elements.length * ELEMENT_BYTES;
  }
}

/** Snapshots by an id that several may share. */
export class SnapshotIndex {
  private readonly entries = new Map<string, Snapshot | Set<Snapshot>>();

  add(id: string, snapshot: Snapshot): void {
    const known = this.entries.get(id);
    if (known instanceof Set) known.add(snapshot);
    else this.entries.set(id, known ? new Set([known, snapshot]) : snapshot);
  }

  remove(id: string, snapshot: Snapshot): void {
    const known = this.entries.get(id);
    if (known instanceof Set && known.size > 1) known.delete(snapshot);
    else this.entries.delete(id);
  }

  of(id: string): readonly Snapshot[] {
    const known = this.entries.get(id);
    if (known === undefined) return [];
    return known instanceof Set ? [...known] : [known];
  }
}
