/** Repeated events of one kind, as one. */
export interface Repetition<T> {
  /** The first of them. */
  readonly sample: T;
  readonly count: number;
}

/** How many events of one key, and of all, are written one by one in a window. */
const SINGLE_OF_KEY = 10;
const SINGLE_OF_ALL = 200;
/** Keys that are counted apart; what goes beyond is counted together. */
const MAX_KEYS = 100;
const BEYOND = 'other';

/** Bounds the rows that an attack writes: within a window the first events stand for themselves, the others are counted. */
export class FailureAggregator<T> {
  private readonly singles = new Map<string, number>();
  private single = 0;
  private repeated = new Map<string, { sample: T; count: number }>();

  /** Whether an event is written by itself; else it is counted. */
  isSingle(key: string, event: T): boolean {
    const ofKey = this.singles.get(key) ?? 0;
    if (ofKey < SINGLE_OF_KEY && this.single < SINGLE_OF_ALL) {
      this.singles.set(key, ofKey + 1);
      this.single++;
      return true;
    }
    const kept = this.repeated.has(key) || this.repeated.size < MAX_KEYS ? key : BEYOND;
    const repetition = this.repeated.get(kept);
    if (repetition) repetition.count++;
    else this.repeated.set(kept, { sample: event, count: 1 });
    return false;
  }

  /** Ends the window; answers what was counted in it. */
  endWindow(): Repetition<T>[] {
    const repeated = [...this.repeated.values()];
    this.repeated = new Map();
    this.singles.clear();
    this.single = 0;
    return repeated;
  }
}
