import { now, since, type Moment } from './moment';

/** After so many failures in a row an address is left alone for a while. */
const FAILURES = 5;
const FIRST_PAUSE_MS = 500;
/** An open breaker closes at most so long after the service is back. */
const LONGEST_PAUSE_MS = 4_000;
/** A connection that says nothing for so long lets other addresses be asked first for a while. */
const AVOID_MS = 2_000;
const RECHECK_MS = 600_000;
const RECHECK_TOO_OLD_MS = 5_000;

/** One base address, and what is known of it: its circuit breaker and its version. */
export class BaseAddress {
  private failures = 0;
  private opened: Moment | undefined;
  private pauseMs = 0;
  private avoided: Moment | undefined;
  private checked: { readonly at: Moment; readonly tooOld: string | undefined } | undefined;
  /** The look at the version that is under way. */
  checking: Promise<string | undefined> | undefined;

  constructor(readonly url: string) {}

  /** Milliseconds until the open breaker lets a request pass; 0 when it is closed. */
  get openMs(): number {
    return this.opened === undefined ? 0 : Math.max(0, this.pauseMs - since(this.opened));
  }

  /** Whether others should be asked first. */
  get isAvoided(): boolean {
    return this.avoided !== undefined && since(this.avoided) < AVOID_MS;
  }

  /** Lets others be asked first for a while. */
  avoid(): void {
    this.avoided = now();
  }

  /** Notes an answer that shows the service at work. */
  succeeded(): void {
    this.failures = 0;
    this.opened = undefined;
    this.pauseMs = 0;
    this.avoided = undefined;
  }

  /** Notes a failure. */
  failed(): void {
    this.failures++;
    this.avoid();
    if (this.failures < FAILURES || this.openMs > 0) return;
    this.pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, this.pauseMs * 2), LONGEST_PAUSE_MS);
    this.opened = now();
  }

  /** The version that was found too old; undefined when it was not, `'unknown'` when it is time to look. */
  get tooOld(): { readonly version: string | undefined } | 'unknown' {
    if (this.checked === undefined) return 'unknown';
    const limit = this.checked.tooOld === undefined ? RECHECK_MS : RECHECK_TOO_OLD_MS;
    return since(this.checked.at) > limit ? 'unknown' : { version: this.checked.tooOld };
  }

  /** Notes what the version was found to be. */
  notes(tooOld: string | undefined): void {
    this.checked = { at: now(), tooOld };
  }
}
