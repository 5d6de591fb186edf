import { AppError } from '../../common/errors/app-error';
import { timeFor, withinDeadline, withTimeout } from '../../common/deadline';
import type { ProviderKey } from './provider-key';
import { UnknownKeyBudget } from './unknown-key-budget';

/** Minimum time between a failed read and the next one. */
const FAILURE_PAUSE_MS = 3_000;
/** An expired set is used when the provider has not answered within this time. */
const STALE_AFTER_MS = 1_500;
/** How long a failure counts: longer than a read and the pause after it, so that traffic keeps the state up to date. */
const KNOWN_DOWN_MS = 10_000;
/** RFC 7517 section 4.5 wants distinct `kid`s; of several keys with one `kid` and algorithm, at most this many are tried. */
const MAX_TRIED = 4;

/** How long keys are kept. */
export interface KeySetLimits {
  /** How long a set is used without being read again. */
  readonly cacheMs: number;
  /** How much longer it is used while the provider cannot be reached. */
  readonly staleMs: number;
}

/** What a token says about its key. */
export interface KeyName {
  readonly kid: string | undefined;
  readonly alg: string;
  /** The token itself, which tells tokens without `kid` apart. */
  readonly token: string;
}

/**
 * The keys of one provider. Concurrent look-ups share one read; a failed read leaves the keys unchanged; tokens with an
 * unknown key cause a limited number of reads. No request waits for a read beyond its deadline.
 */
export class RemoteJwks {
  private keys: readonly ProviderKey[] = [];
  private readAt = -Infinity;
  private failedAt: number | undefined;
  private reading: Promise<void> | undefined;
  private readonly budget: UnknownKeyBudget;

  /** `read` fetches the keys from the provider; `now` is a monotonic clock in milliseconds. */
  constructor(
    private readonly read: () => Promise<readonly ProviderKey[]>,
    private readonly limits: KeySetLimits,
    private readonly now: () => number,
  ) {
    this.budget = new UnknownKeyBudget(now);
  }

  /**
   * Calls `verify`, which answers undefined for a key that did not sign the token, with each candidate key and answers its
   * result; otherwise the reason of the refusal: `key id` or `signature`. Throws `service-unavailable` when the keys cannot be
   * read and the known ones do not decide.
   */
  async verify<T extends object>(
    { kid, alg, token }: KeyName,
    verify: (key: ProviderKey) => T | undefined,
  ): Promise<T | 'key id' | 'signature'> {
    const asked = this.now();
    if (asked - this.readAt > this.limits.cacheMs) await this.renew();
    let named = this.named(kid, verify);
    // A set read after this call began is current: another read would not find more.
    const name = kid === undefined ? `token ${token}` : `kid ${kid}`;
    while (named.length === 0 && this.readAt < asked && (await this.renewForUnknownKey(name))) {
      named = this.named(kid, verify);
    }
    if (named.length === 0 && this.readAt >= asked) this.budget.rememberInVain(name);
    const tried = named.filter(({ algorithm }) => algorithm === alg).slice(0, MAX_TRIED);
    if (tried.length === 0) return 'key id';
    for (const key of tried) {
      const verified = verify(key);
      if (verified) return verified;
    }
    return 'signature';
  }

  /**
   * OpenID Connect Core 1.0 section 10.1: a token without a `kid` needs a set with a single key; only the signature tells
   * whether that key is still current.
   */
  private named(
    kid: string | undefined,
    verify: (key: ProviderKey) => object | undefined,
  ): readonly ProviderKey[] {
    if (kid !== undefined) return this.keys.filter((key) => key.kid === kid);
    return this.keys.length === 1 ? this.keys.filter((key) => verify(key) !== undefined) : [];
  }

  /**
   * Reads an expired set again. While the provider is known to be unreachable, stale keys are used without waiting; the first
   * requests that find it unreachable wait at most `STALE_AFTER_MS`.
   */
  private async renew(): Promise<void> {
    const { cacheMs, staleMs } = this.limits;
    const renewal = this.refresh();
    if (this.now() - this.readAt > cacheMs + staleMs) return renewal;
    const answer = withTimeout(timeFor(STALE_AFTER_MS), renewal, () => outage(FAILURE_PAUSE_MS));
    const answerOrNone = answer.catch(() => undefined); // a failure in the background must not be an unhandled rejection
    if (!this.isKnownDown) await answerOrNone;
  }

  private get isKnownDown(): boolean {
    return this.failedAt !== undefined && this.now() - this.failedAt < KNOWN_DOWN_MS;
  }

  /** Answers false when the budget of unknown keys allows no read and the last one succeeded. */
  private async renewForUnknownKey(name: string): Promise<boolean> {
    if (!this.reading) {
      const pause = Math.max(this.budget.msUntilRead(name), this.failurePauseMs);
      if (pause > 0 && this.failedAt === undefined) return false;
      if (pause > 0) throw outage(pause);
      this.budget.spend();
    }
    try {
      await withinDeadline(this.readOnce());
    } catch (error) {
      throw outage(Math.max(this.budget.msUntilRead(name), FAILURE_PAUSE_MS), error);
    }
    return true;
  }

  /** 0 or less when a read may begin. */
  private get failurePauseMs(): number {
    return this.failedAt === undefined ? 0 : this.failedAt + FAILURE_PAUSE_MS - this.now();
  }

  private async refresh(): Promise<void> {
    const pause = this.failurePauseMs;
    if (!this.reading && pause > 0) throw outage(pause);
    try {
      await withinDeadline(this.readOnce());
    } catch (error) {
      throw outage(FAILURE_PAUSE_MS, error);
    }
  }

  /** The read in progress, or a new one. */
  private readOnce(): Promise<void> {
    return (this.reading ??= this.replaceKeys().finally(() => (this.reading = undefined)));
  }

  private async replaceKeys(): Promise<void> {
    const start = this.now();
    try {
      this.keys = await this.read();
      this.readAt = start;
      this.failedAt = undefined;
    } catch (error) {
      this.failedAt = this.now();
      throw error;
    }
  }
}

function outage(pauseMs: number, cause?: unknown): AppError {
  return new AppError('service-unavailable', {
    detail: 'The identity provider cannot be reached. Retry shortly.',
    retryAfterSeconds: Math.ceil(pauseMs / 1000),
    reason: 'identity provider',
    cause,
  });
}
