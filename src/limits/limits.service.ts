import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Audit } from '../audit/audit';
import { AppError, type ReachedLimit } from '../common/errors/app-error';
import { LimitsConfig } from '../config/limits.config';
import { type CountedGuess, GuessLimitsRepository, type GuessState } from './guess-limits.repository';
import { GuessQueue, type Verdict } from './guess-queue';
import { LateReleases } from './late-releases';
import { LOCKOUT_BEGAN } from './limit-events';
import { currentSource, limitKey } from './limit-keys';
import { HITS } from './limit-metrics';
import { type RequestQuota, RequestLimitsRepository } from './request-limits.repository';
import { inStore } from './store-error';

/** What is guessed at: an account by its normalised address, a known device or a client by its id. */
export interface GuessSubject {
  readonly kind: 'account' | 'device' | 'client';
  readonly name: string;
}

/** How a guess is evaluated. */
export interface Evaluation<Answer> {
  /** Begins while the guess is counted, unless others wait for that: most of a burst is refused. */
  readonly prepare?: () => void;
  readonly check: () => Promise<Answer>;
  readonly isRight: (answer: Answer) => boolean;
  /** The user whose secret it was, where there is one. */
  readonly userIdOf: (answer: Answer) => string | undefined;
  /** What a right guess leads to: begins while the guess is taken out of the count, and is waited for. */
  readonly enter?: (answer: Answer) => Promise<void>;
}

/** Window that the contract names for a subject: draft 10 has no field for a wait that grows. */
const SUBJECT_WINDOW_SECONDS = 600;
const HOUR_SECONDS = 3600;
/** How soon a client sends a failed credential again in another way, and how often at most in that time. */
const REPETITIONS: RequestQuota = { quota: 1000, windowSeconds: 10 };

/**
 * Limits of guesses at secrets and of requests, shared by all replicas. A guess is counted before it is evaluated, so that however
 * many come at once, no more are evaluated than the limit allows. Refusals are `too-many-requests`; when the store is out of
 * reach, `service-unavailable`.
 */
@Injectable()
export class LimitsService {
  private readonly queue = new GuessQueue();

  private readonly late = new LateReleases((guess) => this.guesses.release(guess));

  constructor(
    private readonly config: LimitsConfig,
    private readonly guesses: GuessLimitsRepository,
    private readonly requests: RequestLimitsRepository,
    private readonly audit: Audit,
  ) {}

  /**
   * Evaluates a guess within the limits of its subject and of the request's source. A known device has its own limit alone. A guess
   * whose evaluation throws does not count.
   */
  async evaluate<Answer>(subject: GuessSubject, evaluation: Evaluation<Answer>): Promise<Answer> {
    const { check, isRight, userIdOf, enter } = evaluation;
    const entering = async (answer: Answer) => {
      if (isRight(answer)) await enter?.(answer);
    };
    if (!this.config.enabled) {
      const answer = await check();
      await entering(answer);
      return answer;
    }
    const guess: CountedGuess = {
      subject: limitKey(subject.kind, subject.name),
      source: subject.kind === 'device' ? undefined : limitKey('source', currentSource()),
    };
    if (!this.queue.isBusy(nameOf(guess))) evaluation.prepare?.();
    await this.reserve(guess, subject.kind);
    try {
      const answer = await check().catch(async (error: unknown) => {
        await this.takeBack(guess);
        throw error;
      });
      if (isRight(answer)) await both(this.settleRight(guess), entering(answer));
      else await this.settleWrong(guess, subject.kind, userIdOf(answer));
      return answer;
    } finally {
      this.queue.wake(nameOf(guess));
    }
  }

  /** Evaluates a code of enough random bits that only its source needs a limit. A code whose evaluation throws does not count. */
  async evaluateCode<T>(check: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
    if (!this.config.enabled) return check();
    const key = limitKey('source', currentSource());
    await this.countFor('source', key, this.sourceQuota);
    let isCounted = false;
    try {
      const answer = await check();
      isCounted = !isRight(answer);
      return answer;
    } finally {
      if (!isCounted) await this.requests.release(key).catch(() => undefined);
    }
  }

  /** Counts a failed client from the request's source, which has been evaluated: its secret cannot be guessed. Refuses it beyond the quota. */
  async countClientFailure(): Promise<void> {
    await this.countRequest('client', this.sourceQuota);
  }

  /** Expects that the client of this name, which has failed, sends the same credential again at once in another way. */
  async expectRepeatedClient(name: string): Promise<void> {
    if (this.config.enabled) await inStore(this.requests.count(repetitionKey(name), REPETITIONS));
  }

  /** Whether that was expected; once for each time. */
  async isRepeatedClient(name: string): Promise<boolean> {
    return this.config.enabled && (await inStore(this.requests.release(repetitionKey(name))));
  }

  /** Counts a registration from the request's source. */
  async countRegistration(): Promise<void> {
    await this.countRequest('registration', {
      quota: this.config.registrationsPerHour,
      windowSeconds: HOUR_SECONDS,
    });
  }

  /** Counts a request of a kind from the request's source; refuses it beyond the quota. */
  async countRequest(kind: string, quota: RequestQuota): Promise<void> {
    if (this.config.enabled) await this.countFor(kind, limitKey(kind, currentSource()), quota);
  }

  /** Forgets the failures of an account in the caller's transaction, after its password was reset; answers whether there were any. */
  clear(address: string, manager: EntityManager): Promise<boolean> {
    return this.guesses.delete(limitKey('account', address), manager);
  }

  private reserve(guess: CountedGuess, kind: GuessSubject['kind']): Promise<void> {
    return countingHits(this.queue.pass(nameOf(guess), () => this.attempt(guess, kind)));
  }

  private async attempt(guess: CountedGuess, kind: GuessSubject['kind']): Promise<Verdict> {
    const reservation = await inStore(this.guesses.reserve(guess));
    if (reservation === 'reserved') return reservation;
    if (reservation === 'source-refused' && guess.source) {
      await this.takeBack({ subject: guess.subject, source: undefined });
      return { refusal: await this.refusal('source', this.sourceQuota, guess.source), of: 'request' };
    }
    const state = await inStore(this.guesses.findState(guess.subject));
    const waits = this.waitSeconds(state);
    if (waits > 0) return { refusal: this.tooMany(kind, this.subjectQuota, waits), of: 'subject' };
    // Where nobody has failed it is not the caller who sends too much.
    const refusal = state?.failures
      ? this.tooMany(kind, this.subjectQuota, 1)
      : new AppError('overloaded', { reason: 'guesses under way' });
    return { refusal, of: 'wait' };
  }

  /** Seconds to wait; 0 when only guesses under way are in the way. */
  private waitSeconds(state: GuessState | undefined): number {
    if (!state) return 0;
    const { failures, waitSeconds } = state;
    if (failures >= this.config.accountGuesses) return this.config.accountMaxWaitSeconds;
    return failures < this.config.accountFailures ? 0 : Math.max(0, waitSeconds);
  }

  /** A guess that was not evaluated does not count; when the store is out of reach, it is taken back later. */
  private async takeBack(guess: CountedGuess): Promise<void> {
    await this.guesses.release(guess).catch(() => this.late.add(guess));
  }

  private async settleRight(guess: CountedGuess): Promise<void> {
    try {
      await inStore(this.guesses.settleRight(guess));
    } catch (error) {
      this.late.add(guess);
      throw error;
    }
  }

  private async settleWrong(
    guess: CountedGuess,
    kind: GuessSubject['kind'],
    userId: string | undefined,
  ): Promise<void> {
    const { accountFailures, accountGuesses } = this.config;
    // Only counters of users stay; a device's may go with its token.
    const owner = kind === 'account' ? userId : undefined;
    const failures = await inStore(this.guesses.settleWrong(guess, owner));
    if (failures !== accountFailures && failures !== accountGuesses) return;
    const until = failures >= accountGuesses ? 'operator acts' : 'next guess waits';
    await this.audit.record(LOCKOUT_BEGAN, { user_id: userId, subject: kind, failures, until });
  }

  private async countFor(name: string, key: Buffer, quota: RequestQuota): Promise<void> {
    if (await inStore(this.requests.count(key, quota))) return;
    await countingHits(Promise.reject(await this.refusal(name, quota, key)));
  }

  private async refusal(name: string, quota: RequestQuota, key: Buffer): Promise<AppError> {
    return this.tooMany(name, quota, await inStore(this.requests.secondsLeft(key)));
  }

  private tooMany(name: string, quota: RequestQuota, retryAfterSeconds: number): AppError {
    const limit: ReachedLimit = { name, ...quota };
    return new AppError('too-many-requests', { limit, retryAfterSeconds });
  }

  private get sourceQuota(): RequestQuota {
    return { quota: this.config.sourceFailures, windowSeconds: this.config.sourceWindowSeconds };
  }

  private get subjectQuota(): RequestQuota {
    return { quota: this.config.accountFailures, windowSeconds: SUBJECT_WINDOW_SECONDS };
  }
}

function repetitionKey(name: string): Buffer {
  return limitKey('client-repetition', `${currentSource()}\u0000${name}`);
}

/** Counts a refusal for the metrics, for each request that gets it. */
async function countingHits(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError && error.limit) HITS.add(error.limit.name);
    throw error;
  }
}

function nameOf({ subject }: CountedGuess): string {
  return subject.toString('base64');
}

/** Waits for both; the first one's error comes first. */
async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  for (const outcome of await Promise.allSettled([first, second])) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
