import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Response } from 'express';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChangeFeed } from '../changes/change-feed';
import type { Change } from '../changes/change';
import { AppError } from '../common/errors/app-error';
import { counter, gauge, histogram } from '../common/metrics/instruments';
import { ShutdownState } from '../common/shutdown-state';
import { DatabaseConfig } from '../config/database.config';
import { EventsConfig } from '../config/events.config';
import type { ServicePrincipal } from '../security/principal';
import { EventBudget } from './event-budget';
import { EventStream } from './event-stream';
import { changeText, eventText, type ToldChange } from './event-text';

const STREAMS = gauge('auth_event_streams', 'Open streams of GET /auth/events', []);
const EVENTS = counter('auth_events_total', 'Events told to every open stream, without heartbeats', ['kind']);
const CUT = counter('auth_event_streams_cut_total', 'Streams that were ended by the service', ['reason']);
const DELAY = histogram(
  'auth_event_delay_seconds',
  'Time from hearing of a change to having told every open stream',
  [],
  [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
);

/** Each stream gets a heartbeat a second; they are spread over it. */
const SLOTS = 10;
const SLOT_MS = 100;
/** Behind a change that was told at once, further ones within so long are told together: the longer, the more streams there are. */
const LEAST_GATHER_MS = 5;
const MOST_GATHER_MS = 100;
const WRITES_PER_MS = 10;
/** For how long a new stream waits until changes are heard of: at first nobody asks for them. */
const LONGEST_WAIT_MS = 2_000;
const RECHECK_MS = 25;
/** Behind a proxy that buffers, an event would wait for the end. */
const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
};

/**
 * The streams of `GET /auth/events`. They tell what `ChangeFeed` hears, and heartbeats only while it would hear: who reads no
 * heartbeat knows that there may be changes it was not told of.
 */
@Injectable()
export class EventStreams implements OnApplicationShutdown {
  private readonly slots = Array.from({ length: SLOTS }, () => new Set<EventStream>());
  private readonly budget = new EventBudget();
  private pending: { readonly change: ToldChange; readonly heardAt: number }[] = [];
  private toldAt = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private tick = 0;
  private count = 0;
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly changes: ChangeFeed,
    private readonly shutdown: ShutdownState,
    private readonly config: EventsConfig,
    private readonly database: DatabaseConfig,
  ) {
    STREAMS.from(() => [[this.count]]);
    shutdown.onDraining(() => this.endAll());
  }

  /** Begins a stream. Refuses with 503 while changes are not heard of, at shutdown, and beyond `AUTH_EVENT_STREAMS`. */
  async open(response: Response, service: ServicePrincipal): Promise<void> {
    if (this.count >= this.config.streams) {
      response.set('Connection', 'close'); // the next connection may lead to a worker that has room
      throw new AppError('overloaded', { reason: 'event streams', retryAfterSeconds: 5 });
    }
    this.count++; // before the wait
    response.once('close', () => this.count--);
    await this.untilCurrent();
    if (response.destroyed) return;
    const stream = new EventStream(response, service);
    const slot = this.slots[this.tick % SLOTS] as Set<EventStream>;
    response.once('close', () => slot.delete(stream));
    this.start();
    slot.add(stream);
    response.status(200).set(HEADERS);
    stream.write(
      eventText('hello', {
        bound_ms: this.database.revocationBoundMs,
        server_time: new Date().toISOString(),
      }),
    );
  }

  /** The open streams. */
  all(): EventStream[] {
    return this.slots.flatMap((slot) => [...slot]);
  }

  /** Ends a stream that may not go on. */
  end(stream: EventStream, reason: string): void {
    CUT.add(reason);
    stream.end();
  }

  onApplicationShutdown(): void {
    this.endAll();
    clearInterval(this.timer);
    this.unsubscribe();
  }

  private async untilCurrent(): Promise<void> {
    const end = performance.now() + Math.min(LONGEST_WAIT_MS, this.database.revocationBoundMs);
    while (!this.changes.isCurrent && !this.shutdown.isDraining && performance.now() < end)
      await sleep(RECHECK_MS);
    if (this.shutdown.isDraining) throw new AppError('service-unavailable', { reason: 'shutdown' });
    if (!this.changes.isCurrent)
      throw new AppError('service-unavailable', { reason: 'changes are not heard of' });
  }

  /** With the first stream: nobody else needs it. */
  private start(): void {
    if (this.timer) return;
    this.unsubscribe = this.changes.subscribe((change) => this.take(change));
    this.timer = setInterval(() => this.beat(), SLOT_MS);
  }

  private beat(): void {
    const slot = this.slots[this.tick++ % SLOTS] as Set<EventStream>;
    if (slot.size === 0 || !this.changes.isCurrent) return;
    this.write([...slot], eventText('heartbeat', { server_time: new Date().toISOString() }));
  }

  private take(change: Change): void {
    if (change.kind === 'services-changed') return;
    this.pending.push({ change, heardAt: performance.now() });
    if (this.pending.length > 1) return;
    const gatherMs = Math.max(LEAST_GATHER_MS, this.count / WRITES_PER_MS);
    const waitMs = this.toldAt + Math.min(gatherMs, MOST_GATHER_MS) - performance.now();
    // With all that has come at once, and before a request whose change this is can be answered.
    if (waitMs <= 0) queueMicrotask(() => this.tell());
    else setTimeout(() => this.tell(), waitMs);
  }

  private tell(): void {
    const { pending } = this;
    this.pending = [];
    this.toldAt = performance.now();
    const [first] = pending;
    if (!first) return;
    const changes = this.worthTelling(pending.map(({ change }) => change));
    for (const { kind } of changes) EVENTS.add(kind);
    this.write(this.all(), Buffer.from(changes.map(changeText).join('')));
    DELAY.observe((performance.now() - first.heardAt) / 1000);
  }

  /** One event stands for all others of the same moment. */
  private worthTelling(changes: readonly ToldChange[]): readonly ToldChange[] {
    const reset = changes.find(({ kind }) => kind === 'reset');
    if (reset) return [reset];
    const all = changes.find(({ kind }) => kind === 'all-changed');
    if (all) return [all];
    return this.budget.take(changes.length) ? changes : [{ kind: 'all-changed' }];
  }

  private write(streams: readonly EventStream[], events: string | Buffer): void {
    for (const stream of streams) if (!stream.write(events)) CUT.add('slow-reader');
  }

  private endAll(): void {
    for (const stream of this.all()) this.end(stream, 'shutdown');
  }
}
