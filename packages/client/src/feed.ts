import { setTimeout as sleep } from 'node:timers/promises';
import { AttemptFailure } from './errors';
import type { BaseAddress } from './base-address';
import { endOfAll } from './cutoff';
import { EventStreamParser, type StreamEvent } from './event-stream';
import { isObject, parseJson } from './json';
import type { Memory } from './memory';
import { now, since, type Moment } from './moment';
import type { AuthClientHooks } from './types';
import { toFailure, unlike200, type Transport } from './transport';

/** The service says something each second: what is older than `bound_ms` and this is not trusted. */
export const HEARTBEAT_MS = 1_000;
const CONNECT_LIMIT_MS = 5_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
/** Before another try where the service has refused the stream. */
const REFUSED_PAUSE_MS = 5_000;
const LONGEST_BOUND_MS = 60_000;

/** Follows `GET /auth/events`, ends what memory holds accordingly, and knows whether memory may be trusted. */
export class Feed {
  private lastRead: Moment | undefined;
  private boundMs = 0;
  private isStreaming = false;
  /** The least difference between our clock and the service's that this stream has shown. */
  private offsetMs: number | undefined;
  private failure: AttemptFailure | undefined;
  private failures = 0;
  private at = 0;
  private wake: () => void = () => undefined;
  private change = new Promise<void>((resolve) => (this.wake = resolve));
  private readonly closing = endOfAll();
  private running: Promise<void> | undefined;
  /** Tells, behind the end of a stream, that memory is trusted no longer. */
  private lateness: NodeJS.Timeout | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly memory: Memory,
    private readonly onState: NonNullable<AuthClientHooks['feed']>,
  ) {}

  /** Begins to follow the feed. */
  start(): void {
    this.running ??= this.run();
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.closing.abort();
    clearTimeout(this.lateness);
    await this.running;
  }

  /** Whether memory may be trusted: the feed was read at most `bound_ms` and a heartbeat ago. */
  get isTrusted(): boolean {
    return this.lastRead !== undefined && since(this.lastRead) <= this.trustMs;
  }

  /** Whether a heartbeat is overdue, or there is no stream. */
  get isSilent(): boolean {
    return !this.isStreaming || this.lastRead === undefined || since(this.lastRead) > HEARTBEAT_MS;
  }

  /** Waits for the first hello. Throws an AttemptFailure when the feed is refused, or there is none in time. */
  async ready(limitMs: number): Promise<void> {
    const begin = now();
    while (this.lastRead === undefined) {
      if (this.failure && !this.failure.again) throw this.failure;
      const leftMs = limitMs - since(begin);
      if (leftMs <= 0)
        throw this.failure ?? new AttemptFailure('timeout', 'the event feed has not begun in time');
      const stop = new AbortController();
      await Promise.race([
        this.change,
        sleep(leftMs, undefined, { signal: stop.signal }).catch(() => undefined),
      ]);
      stop.abort();
    }
  }

  private get trustMs(): number {
    return this.boundMs + HEARTBEAT_MS;
  }

  private async run(): Promise<void> {
    while (!this.closing.signal.aborted) {
      await this.follow();
      if (this.closing.signal.aborted) break;
      const pause = this.pauseMs();
      await sleep(pause / 2 + Math.random() * (pause / 2), undefined, { signal: this.closing.signal }).catch(
        () => undefined,
      );
    }
    this.failure = new AttemptFailure('closed', 'the client has been closed', 0, false);
    this.tell();
  }

  private pauseMs(): number {
    if (this.failure && !this.failure.again) return REFUSED_PAUSE_MS;
    return Math.min(FIRST_PAUSE_MS * 2 ** Math.min(this.failures, 10), LONGEST_PAUSE_MS);
  }

  /** One stream from its begin to its end. */
  private async follow(): Promise<void> {
    const base = this.transport.bases[this.at++ % this.transport.bases.length] as BaseAddress;
    const cutoff = this.transport.cutoff().within(CONNECT_LIMIT_MS);
    let begun = false;
    try {
      await this.transport.checkVersion(base);
      const outgoing = {
        method: 'GET',
        path: '/auth/events',
        headers: { Accept: 'text/event-stream' },
      } as const;
      const response = await this.transport.open(base, outgoing, cutoff.signal);
      if (!isStream(response)) {
        await response.body?.cancel();
        throw response.status === 200
          ? new AttemptFailure('service', 'no event stream')
          : unlike200(response);
      }
      const parser = new EventStreamParser();
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        for (const event of parser.push(text)) {
          begun = this.take(event, begun);
          cutoff.within(this.trustMs);
        }
      }
      this.failed(new AttemptFailure('network', 'the event feed has ended'));
    } catch (error) {
      this.failed(toFailure(error, cutoff));
    } finally {
      cutoff.release();
      this.isStreaming = false;
      if (begun) this.ended(cutoff.isLate);
    }
  }

  private ended(isLate: boolean): void {
    this.onState({ state: isLate ? 'late' : 'ended' });
    if (isLate || this.closing.signal.aborted || !this.lastRead) return;
    const leftMs = this.trustMs - since(this.lastRead);
    this.lateness = setTimeout(() => this.onState({ state: 'late' }), Math.max(0, leftMs));
  }

  private failed(failure: AttemptFailure): void {
    this.failure = failure;
    this.failures++;
    this.tell();
  }

  /** Answers whether the stream has begun. Throws where it cannot be trusted any longer. */
  private take({ kind, data }: StreamEvent, begun: boolean): boolean {
    const parsed = parseJson(data);
    const event = isObject(parsed) ? parsed : {};
    if (begun && this.lastRead && since(this.lastRead) > this.trustMs)
      throw new AttemptFailure('timeout', 'the event feed was silent for too long');
    if (kind === 'hello') this.hello(event);
    else if (!begun) throw new AttemptFailure('service', 'the event feed begins without hello');
    else this.apply(kind, event);
    this.lastRead = this.momentOf(event);
    if (!this.isTrusted) throw new AttemptFailure('timeout', 'the event feed is late');
    if (kind === 'hello') this.began();
    return true;
  }

  private hello({ bound_ms: bound }: Record<string, unknown>): void {
    if (typeof bound !== 'number' || !(bound >= 0 && bound <= LONGEST_BOUND_MS))
      throw new AttemptFailure('service', 'hello without bound_ms');
    this.boundMs = bound;
    this.offsetMs = undefined;
    this.memory.windowMs = bound;
    this.memory.clear();
  }

  private began(): void {
    clearTimeout(this.lateness);
    this.isStreaming = true;
    this.failure = undefined;
    this.failures = 0;
    this.tell();
    this.onState({ state: 'live' });
  }

  private apply(kind: string, { sid, uid }: Record<string, unknown>): void {
    const { memory } = this;
    if (kind === 'session-ended' && typeof sid === 'string') memory.sessionEnded(sid);
    else if ((kind === 'user-changed' || kind === 'user-ended') && typeof uid === 'string')
      memory.userChanged(uid);
    else if (kind === 'all-changed') memory.clear();
    else if (kind === 'reset') this.reset();
    else if (/^(session-ended|user-changed|user-ended)$/.test(kind)) memory.clear(); // whom it is about is not said
  }

  private reset(): void {
    this.memory.clear();
    this.onState({ state: 'reset' });
  }

  /** When the service wrote an event: what was held up on its way is as old as it is. */
  private momentOf({ server_time: text }: Record<string, unknown>): Moment {
    const moment = now();
    const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(time)) return moment;
    const offset = moment.wall - time;
    this.offsetMs = Math.min(this.offsetMs ?? offset, offset);
    const heldMs = offset - this.offsetMs;
    return { steady: moment.steady - heldMs, wall: moment.wall - heldMs };
  }

  private tell(): void {
    this.wake();
    this.change = new Promise((resolve) => (this.wake = resolve));
  }
}

function isStream(response: Response): response is Response & { readonly body: ReadableStream<Uint8Array> } {
  const type = response.headers.get('Content-Type') ?? '';
  return response.status === 200 && response.body !== null && /^text\/event-stream\b/i.test(type);
}
