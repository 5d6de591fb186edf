import type { KeyObject } from 'node:crypto';
import { AppError } from '../../../common/errors/app-error';
import type { ProviderKey } from './provider-key';

/** After a read for the sake of an unknown key, the next such read comes this much later at the earliest. */
const UNKNOWN_KEY_PAUSE_MS = 30_000;
/** After a read that failed, the next one comes this much later at the earliest. */
const FAILURE_PAUSE_MS = 3_000;

/** How long keys are kept. */
export interface KeySetLimits {
  /** A set is believed for this long. */
  readonly cacheMs: number;
  /** And used for this much longer while the provider is out of reach. */
  readonly staleMs: number;
}

/**
 * The keys of one provider. However many look for keys at once, one read is under way; a read that fails leaves the keys
 * as they were; a token with an unknown key can cause a read, but not many.
 */
export class KeySet {
  private keys: readonly ProviderKey[] = [];
  private readAt = -Infinity;
  private failedAt: number | undefined;
  private readForUnknownKeyAt = -Infinity;
  private reading: Promise<void> | undefined;

  /** `read` reads the keys from the provider; `now` is in milliseconds, from any point in time. */
  constructor(
    private readonly read: () => Promise<readonly ProviderKey[]>,
    private readonly limits: KeySetLimits,
    private readonly now: () => number,
  ) {}

  /**
   * The key that a token must be signed with; undefined when the provider has none. Throws `service-unavailable` when
   * that cannot be known because the provider is out of reach.
   */
  async find(kid: string | undefined, algorithm: string): Promise<KeyObject | undefined> {
    const asked = this.now();
    if (asked - this.readAt > this.limits.cacheMs) await this.renew();
    if (!this.knows(kid) && this.readAt < asked) await this.renewForUnknownKey();
    return this.candidates(kid).find((key) => key.algorithm === algorithm)?.key;
  }

  /** OpenID Connect Core 1.0 section 10.1: without a `kid`, there must be no doubt about the key. */
  private candidates(kid: string | undefined): readonly ProviderKey[] {
    if (kid === undefined) return this.keys.length === 1 ? this.keys : [];
    return this.keys.filter((key) => key.kid === kid);
  }

  private knows(kid: string | undefined): boolean {
    return kid === undefined || this.candidates(kid).length > 0;
  }

  /** While the provider is known to be out of reach, keys that are not too old stand in and nobody waits for it. */
  private async renew(): Promise<void> {
    const { cacheMs, staleMs } = this.limits;
    const canStandIn = this.now() - this.readAt <= cacheMs + staleMs;
    const isDown = this.failedAt !== undefined;
    const renewal = this.refresh().catch((error: unknown) => {
      if (!canStandIn) throw error;
    });
    if (!canStandIn || !isDown) await renewal;
  }

  private async renewForUnknownKey(): Promise<void> {
    const isRecent = this.now() - this.readForUnknownKeyAt < UNKNOWN_KEY_PAUSE_MS;
    if (isRecent && !this.reading && this.failedAt === undefined) return;
    if (!this.reading) this.readForUnknownKeyAt = this.now();
    await this.refresh();
  }

  private async refresh(): Promise<void> {
    const pause = this.failedAt === undefined ? 0 : this.failedAt + FAILURE_PAUSE_MS - this.now();
    if (!this.reading && pause > 0) throw outage(pause);
    this.reading ??= this.replaceKeys().finally(() => (this.reading = undefined));
    await this.reading;
  }

  private async replaceKeys(): Promise<void> {
    const start = this.now();
    try {
      this.keys = await this.read();
      this.readAt = start;
      this.failedAt = undefined;
    } catch (error) {
      this.failedAt = this.now();
      throw outage(FAILURE_PAUSE_MS, error);
    }
  }
}

function outage(pauseMs: number, cause?: unknown): AppError {
  return new AppError('service-unavailable', {
    detail: 'The identity provider is out of reach at the moment. Try again shortly.',
    retryAfterSeconds: Math.ceil(pauseMs / 1000),
    reason: 'identity provider',
    cause,
  });
}
