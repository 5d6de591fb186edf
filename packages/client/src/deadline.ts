import { AttemptFailure } from './errors';
import { readNumber } from './options';
import type { VerifyOptions } from './types';

const LONGEST_MS = 2_147_483_647;

/** How long one caller waits, and what ends the wait before. */
export class Deadline {
  private readonly end: number;
  private readonly signal: AbortSignal | undefined;

  /**
   * @param defaultMs limit where the caller names none
   * @param closing ends every wait of the client
   */
  constructor(
    { timeoutMs, signal }: VerifyOptions,
    defaultMs: number,
    private readonly closing: AbortSignal,
  ) {
    this.end = performance.now() + readNumber('timeoutMs', timeoutMs ?? defaultMs, 1, LONGEST_MS);
    this.signal = signal;
    signal?.throwIfAborted();
  }

  /** Milliseconds that are left. */
  get leftMs(): number {
    return Math.max(0, this.end - performance.now());
  }

  /** The first of some answers; undefined when none has come within `ms`. Throws when the caller aborts or the client is closed. */
  async first<T>(answers: readonly Promise<T>[], ms: number): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    let give: () => void = () => undefined;
    const limit = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.min(ms, this.leftMs));
    });
    const given = new Promise<never>((_resolve, reject) => {
      give = () => reject(this.reason());
      for (const signal of [this.signal, this.closing])
        signal?.addEventListener('abort', give, { once: true });
      if (this.signal?.aborted || this.closing.aborted) give();
    });
    try {
      return await Promise.race([given, ...answers, limit]);
    } finally {
      clearTimeout(timer);
      for (const signal of [this.signal, this.closing]) signal?.removeEventListener('abort', give);
    }
  }

  private reason(): Error {
    if (this.signal?.aborted) return this.signal.reason as Error;
    return new AttemptFailure('closed', 'the client has been closed', 0, false);
  }
}
