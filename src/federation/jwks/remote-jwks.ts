import { AppError } from '../../common/errors/app-error';
import { timeFor, withinDeadline, withTimeout } from '../../common/deadline';
import type { ProviderKey } from './provider-key';

/** Between two reads for the sake of an unknown key, whatever the first one brought, this much time passes at least. */
const UNKNOWN_KEY_PAUSE_MS = 30_000;
/** After a read that failed, a set that is too old is read again this much later at the earliest. */
const FAILURE_PAUSE_MS = 3_000;
/** A set that is too old stands in when the provider has not answered by then. */
const STAND_IN_AFTER_MS = 1_500;
/** A failure counts for so long: longer than a read and the pause after it take, so that traffic keeps it known. */
const KNOWN_DOWN_MS = 10_000;
/** RFC 7517 section 4.5 wants one key a name; of more with one name and algorithm, so many are tried for a token. */
const MAX_TRIED = 4;

/** How long keys are kept. */
export interface KeySetLimits {
  /** A set is believed for this long. */
  readonly cacheMs: number;
  /** And used for this much longer while the provider is out of reach. */
  readonly staleMs: number;
}

/** What the header of a token says of its key. */
export interface KeyName {
  readonly kid: string | undefined;
  readonly alg: string;
}

/**
 * The keys of one provider. However many look for keys at once, one read is under way; a read that fails leaves the keys
 * as they were; a token with an unknown key can cause a read, but not many. Nobody waits for a read beyond the deadline of
 * their request.
 */
export class RemoteJwks {
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
   * What `verify` makes of the token with the key that signed it; it answers undefined for a key that did not. Else why there
   * is no such key: `key id`, or `signature`. Throws `service-unavailable` when the key cannot be known because the provider
   * is out of reach.
   */
  async verify<T extends object>(
    { kid, alg }: KeyName,
    verify: (key: ProviderKey) => T | undefined,
  ): Promise<T | 'key id' | 'signature'> {
    const asked = this.now();
    if (asked - this.readAt > this.limits.cacheMs) await this.renew();
    let named = this.named(kid, verify);
    // A set that was read after the question holds whatever the token can be signed with.
    while (named.length === 0 && this.readAt < asked && (await this.renewForUnknownKey())) {
      named = this.named(kid, verify);
    }
    const tried = named.filter(({ algorithm }) => algorithm === alg).slice(0, MAX_TRIED);
    if (tried.length === 0) return 'key id';
    for (const key of tried) {
      const verified = verify(key);
      if (verified) return verified;
    }
    return 'signature';
  }

  /**
   * OpenID Connect Core 1.0 section 10.1: without a `kid`, there must be no doubt about the key; only the signature tells
   * whether a lone key is still the one.
   */
  private named(
    kid: string | undefined,
    verify: (key: ProviderKey) => object | undefined,
  ): readonly ProviderKey[] {
    if (kid !== undefined) return this.keys.filter((key) => key.kid === kid);
    return this.keys.length === 1 ? this.keys.filter((key) => verify(key) !== undefined) : [];
  }

  /**
   * While the provider is known to be out of reach, keys that are not too old stand in and nobody waits for it; the first
   * ones to find that it does not answer wait a moment.
   */
  private async renew(): Promise<void> {
    const { cacheMs, staleMs } = this.limits;
    const renewal = this.refresh();
    if (this.now() - this.readAt > cacheMs + staleMs) return renewal;
    const answer = withTimeout(timeFor(STAND_IN_AFTER_MS), renewal, () => outage(FAILURE_PAUSE_MS));
    const answerOrNone = answer.catch(() => undefined); // in the background, too, its failure is no fault
    if (!this.isKnownDown) await answerOrNone;
  }

  private get isKnownDown(): boolean {
    return this.failedAt !== undefined && this.now() - this.failedAt < KNOWN_DOWN_MS;
  }

  /** Answers false when the provider was asked for the sake of an unknown key a moment ago. */
  private async renewForUnknownKey(): Promise<boolean> {
    if (!this.reading) {
      const pause = this.unknownKeyPauseMs;
      if (pause > 0 && this.failedAt === undefined) return false;
      if (pause > 0) throw outage(pause);
      this.readForUnknownKeyAt = this.now();
    }
    try {
      await withinDeadline(this.readOnce());
    } catch (error) {
      throw outage(Math.max(this.unknownKeyPauseMs, FAILURE_PAUSE_MS), error);
    }
    return true;
  }

  private get unknownKeyPauseMs(): number {
    return this.readForUnknownKeyAt + UNKNOWN_KEY_PAUSE_MS - this.now();
  }

  private async refresh(): Promise<void> {
    const pause = this.failedAt === undefined ? 0 : this.failedAt + FAILURE_PAUSE_MS - this.now();
    if (!this.reading && pause > 0) throw outage(pause);
    try {
      await withinDeadline(this.readOnce());
    } catch (error) {
      throw outage(FAILURE_PAUSE_MS, error);
    }
  }

  /** The read under way, or a new one. */
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
