import { createHash } from 'node:crypto';

/** Time after which another read is allowed. */
const PAUSE_MS = 30_000;
/** Reads that are allowed at once after a quiet time. */
const AT_ONCE = 2;
/** Keys remembered as looked for in vain; the oldest is forgotten first. */
const MAX_REMEMBERED = 100;

/**
 * Limits the reads of a key set that tokens with unknown keys cause: two at once, then one per 30 s. A key that was looked for
 * in vain may use the surplus only, never the last read, so that one odd token cannot delay the first token of a rotated key.
 */
export class UnknownKeyBudget {
  private credit = AT_ONCE * PAUSE_MS;
  private creditedAt: number;
  private readonly inVain = new Set<string>();

  /** `now` is a monotonic clock in milliseconds. */
  constructor(private readonly now: () => number) {
    this.creditedAt = now();
  }

  /** Milliseconds until a look for the key may cause a read; 0 when it may now. */
  msUntilRead(key: string): number {
    this.earn();
    const needed = (this.inVain.has(digest(key)) ? AT_ONCE : 1) * PAUSE_MS;
    return Math.max(0, needed - this.credit);
  }

  /** Counts a read that an unknown key causes. */
  spend(): void {
    this.earn();
    this.credit = Math.max(0, this.credit - PAUSE_MS);
  }

  /** Remembers that a set read for this key, or after its token arrived, does not hold it. */
  rememberInVain(key: string): void {
    const known = digest(key);
    this.inVain.delete(known);
    this.inVain.add(known);
    const [oldest] = this.inVain;
    if (this.inVain.size > MAX_REMEMBERED && oldest !== undefined) this.inVain.delete(oldest);
  }

  private earn(): void {
    const now = this.now();
    this.credit = Math.min(AT_ONCE * PAUSE_MS, this.credit + now - this.creditedAt);
    this.creditedAt = now;
  }
}

/** A key id may be as long as a token. */
function digest(key: string): string {
  return createHash('sha256').update(key).digest('base64');
}
