import { onBehalfOf } from '../common/request-scope';
import type { CountedGuess } from './guess-limits.repository';

const PAUSE_MS = 200;
/** Longer than this a guess counts as one that failed: see `GuessLimitsRepository`. */
const LIMIT_MS = 60_000;
const MOST = 1_000;

/**
 * Takes guesses back that ended while the store was out of reach. They would count as being under way for another minute, and an
 * account at which many sign in at once would be refused after each outage.
 */
export class LateReleases {
  /** When each was added, by the monotonic clock. */
  private readonly waiting = new Map<CountedGuess, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly release: (guess: CountedGuess) => Promise<void>) {}

  add(guess: CountedGuess): void {
    if (this.waiting.size >= MOST) return;
    this.waiting.set(guess, performance.now());
    this.schedule();
  }

  private schedule(): void {
    this.timer ??= onBehalfOf(undefined, () => setTimeout(() => void this.run(), PAUSE_MS).unref());
  }

  private async run(): Promise<void> {
    const releases = [...this.waiting].map(async ([guess, since]) => {
      if (performance.now() - since < LIMIT_MS) await this.release(guess);
      this.waiting.delete(guess);
    });
    await Promise.allSettled(releases);
    this.timer = undefined;
    if (this.waiting.size > 0) this.schedule();
  }
}
