import { setMaxListeners } from 'node:events';

/** What ends everything of a client; as many as like may wait for it. */
export function endOfAll(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Ends a request when its time is over, or with the client. */
export class Cutoff {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private readonly close = () => this.controller.abort();
  /** Whether its time was over. */
  isLate = false;

  constructor(private readonly closing: AbortSignal) {
    closing.addEventListener('abort', this.close, { once: true });
    if (closing.aborted) this.close();
  }

  /** Goes off when it ends. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Whether the client has been closed. */
  get isClosed(): boolean {
    return this.closing.aborted;
  }

  /** Gives it so many milliseconds from now. */
  within(limitMs: number): this {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.isLate = true;
      this.controller.abort();
    }, limitMs);
    return this;
  }

  /** It is not needed any longer. */
  release(): void {
    clearTimeout(this.timer);
    this.closing.removeEventListener('abort', this.close);
  }
}
