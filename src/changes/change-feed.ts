import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { withTimeout } from '../common/deadline';
import { histogram } from '../common/metrics/instruments';
import { DatabaseConfig } from '../config/database.config';
import { Database } from '../database/database';
import { DatabaseStarter } from '../database/database-starter';
import { listen } from '../database/listening-connection';
import { parseNotice, type Change } from './change';
import { Freshness } from './freshness';
import { CHANNEL, sendHeartbeat, type Beat } from './heartbeat';
import { Marks } from './marks';

const LAG = histogram(
  'auth_revocation_lag_seconds',
  'Time from the commit of a heartbeat to hearing of it, as for every change; at most AUTH_REVOCATION_BOUND_MS, else nothing is trusted',
  [],
  [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
);

/** Heartbeats within the bound: one may be lost. */
const BEATS_PER_BOUND = 3;
/** After this long without a question, heartbeats pause. */
const AWAKE_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

const NO_LISTENING =
  'DATABASE_URL leads to a pooler in transaction mode and AUTH_DATABASE_LISTEN_URL is not set: every answer is read from the database';

/** Hears of a change; must not throw. */
export type ChangeListener = (change: Change) => void;

/**
 * Hears of every change that matters to an answer, whoever commits it, and knows whether it would: by a listening connection of
 * its own, and by heartbeats through other connections. It is `isCurrent` only while every change that was committed
 * `AUTH_REVOCATION_BOUND_MS` ago or earlier has been passed to the listeners.
 */
@Injectable()
export class ChangeFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Changes');
  private readonly listeners = new Set<ChangeListener>();
  private readonly stopping = new AbortController();
  private readonly freshness: Freshness;
  private readonly marks: Marks;
  /** Called when a heartbeat with this id is heard. */
  private readonly expected = new Map<string, () => void>();
  private running: Promise<void> | undefined;
  private triggerVersion: string | undefined;
  /** Whether there is a listening connection. */
  private isConnected = false;
  /** Whether this connection has heard a heartbeat. */
  private isListening = false;
  private isReported = false;
  private askedAt = performance.now();
  private wake: () => void = () => undefined;

  constructor(
    private readonly config: DatabaseConfig,
    private readonly starter: DatabaseStarter,
    database: Database,
  ) {
    this.freshness = new Freshness(config.revocationBoundMs);
    this.marks = new Marks(database);
  }

  /** Passes changes on until the answered function is called. */
  subscribe(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether all changes up to the bound have been passed on. Asking keeps the heartbeats going. */
  get isCurrent(): boolean {
    this.askedAt = performance.now();
    if (this.freshness.isProven) return true;
    this.wake();
    return false;
  }

  /** The database's clock in milliseconds since 1970, rather late than early; only while `isCurrent`. */
  get databaseTime(): number {
    return this.freshness.databaseTime;
  }

  /**
   * Resolves when everything that was committed before the call has been passed on here and in every other process that listens; soon
   * after anyway, and at once where nothing listens.
   */
  async untilHeard(): Promise<void> {
    if (this.isConnected) await this.marks.untilHeard();
  }

  onApplicationBootstrap(): void {
    this.starter.ready.then(
      () => this.start(),
      () => undefined, // the start is aborted
    );
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private start(): void {
    if (!this.starter.isReady || this.stopping.signal.aborted) return;
    if (this.starter.changesSessions && this.config.listenUrl === undefined) this.logger.warn(NO_LISTENING);
    else this.running = this.run();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const error = await this.listenOnce().catch((reason: unknown) => reason);
      if (signal.aborted) return;
      pauseMs = this.isListening ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      this.lose(error);
      await pause(pauseMs, signal);
    }
  }

  /** Listens until shutdown; fails when the connection is lost, or does not hear a heartbeat. */
  private async listenOnce(): Promise<void> {
    const { url = '', listenUrl = url, revocationBoundMs: limitMs } = this.config;
    const connection = await listen({ url: listenUrl, limitMs }, CHANNEL, (payload) => this.hear(payload));
    this.isConnected = true;
    const lost = new AbortController();
    const stop = AbortSignal.any([lost.signal, this.stopping.signal]);
    try {
      await Promise.race([
        connection.ended.then(() => Promise.reject(new Error('the listening connection was lost'))),
        this.beatUntil(stop),
      ]);
    } finally {
      this.isConnected = false;
      lost.abort();
      connection.close();
    }
  }

  private async beatUntil(stop: AbortSignal): Promise<void> {
    const intervalMs = this.config.revocationBoundMs / BEATS_PER_BOUND;
    while (!stop.aborted) {
      const start = performance.now();
      await this.beat(stop);
      await pause(start + intervalMs - performance.now(), stop);
      if (performance.now() - this.askedAt > AWAKE_MS) await this.untilAsked(stop);
    }
  }

  /** One heartbeat. What cannot be sent proves nothing; what is sent and not heard is an error. */
  private async beat(stop: AbortSignal): Promise<void> {
    const { url = '', revocationBoundMs: limitMs } = this.config;
    const id = randomUUID();
    const { promise: heard, resolve } = promiseWithResolver();
    let heardAt = 0;
    this.expected.set(id, () => {
      heardAt = performance.now();
      resolve();
    });
    try {
      const beat = await sendHeartbeat(id, { url, limitMs }).catch((error: unknown) => this.report(error));
      if (!beat) return;
      await withTimeout(limitMs / 2, heard, () => new Error('a heartbeat was sent and not heard'));
      LAG.observe(Math.max(0, heardAt - beat.sentAt) / 1000);
      if (!stop.aborted) this.take(beat);
    } finally {
      this.expected.delete(id);
    }
  }

  private take(beat: Beat): void {
    if (!beat.triggersFire)
      return this.lose(new Error('triggers that announce changes are missing or disabled'));
    if (beat.takesNoWrites) return this.lose(new Error('the server takes no writes'));
    if (!this.isListening || this.triggerVersion !== beat.triggerVersion) this.tell({ kind: 'reset' });
    this.triggerVersion = beat.triggerVersion;
    this.isListening = true;
    this.freshness.prove(beat);
    if (this.isReported) this.logger.log({ msg: 'changes of the database are heard of again' });
    this.isReported = false;
  }

  private hear(payload: string): void {
    const heard = parseNotice(payload);
    if ('changes' in heard) heard.changes.forEach((change) => this.tell(change));
    else if ('heartbeat' in heard) this.expected.get(heard.heartbeat)?.();
    else this.marks.hear(heard);
  }

  private tell(change: Change): void {
    for (const listener of this.listeners) listener(change);
  }

  /** From now on nothing is known. */
  private lose(error: unknown): void {
    this.freshness.lose();
    this.isListening = false;
    this.report(error);
    this.tell({ kind: 'reset' });
  }

  /** One line until changes are heard of again. */
  private report(error: unknown): undefined {
    if (!this.isReported && !this.stopping.signal.aborted)
      this.logger.warn({
        msg: 'changes of the database are not heard of: answers are read from it',
        err: error,
      });
    this.isReported = true;
    return undefined;
  }

  private async untilAsked(stop: AbortSignal): Promise<void> {
    const { promise, resolve } = promiseWithResolver();
    this.wake = resolve;
    stop.addEventListener('abort', resolve, { once: true });
    if (!stop.aborted) await promise;
    stop.removeEventListener('abort', resolve);
    this.wake = () => undefined;
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}

function promiseWithResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
