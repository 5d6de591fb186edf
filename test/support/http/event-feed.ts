import { EventStreamParser, type StreamEvent } from '../../../packages/client/src/event-stream';
import { eventually } from '../process/eventually';
import { bearer } from './http';

/** An event as it came. */
export interface FedEvent {
  readonly kind: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** By `performance.now()`. */
  readonly at: number;
}

/** An open stream of `GET /auth/events`. */
export interface Followed {
  readonly response: Response;
  /** Everything that has come so far, without heartbeats. */
  readonly events: readonly FedEvent[];
  readonly heartbeats: readonly FedEvent[];
  /** How it ended: as a complete response or not; undefined while it is open. */
  readonly end: 'complete' | 'cut' | undefined;
  /** Waits for an event. */
  next(kind: string, data?: Readonly<Record<string, unknown>>): Promise<FedEvent>;
  close(): void;
}

/** Opens a stream; fails unless it begins. */
export async function follow(
  service: { readonly url: string },
  key: string,
  headers: Record<string, string> = bearer(key),
): Promise<Followed> {
  const stop = new AbortController();
  const response = await fetch(`${service.url}/auth/events`, { headers, signal: stop.signal });
  if (response.status !== 200)
    throw new Error(`the feed was answered ${response.status}: ${await response.text()}`);
  const events: FedEvent[] = [];
  const heartbeats: FedEvent[] = [];
  let end: Followed['end'];
  const take = ({ kind, data }: StreamEvent) => {
    const event = { kind, data: JSON.parse(data) as FedEvent['data'], at: performance.now() };
    (kind === 'heartbeat' ? heartbeats : events).push(event);
  };
  const read = async () => {
    const parser = new EventStreamParser();
    const decoder = new TextDecoder();
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>)
      parser.push(decoder.decode(bytes, { stream: true })).forEach(take);
  };
  read().then(
    () => (end = 'complete'),
    () => (end = 'cut'),
  );
  return {
    response,
    events,
    heartbeats,
    get end() {
      return end;
    },
    next: (kind, data = {}) =>
      eventually(`${kind} ${JSON.stringify(data)}`, () =>
        events.find(
          (event) =>
            event.kind === kind && Object.entries(data).every(([name, value]) => event.data[name] === value),
        ),
      ),
    close: () => stop.abort(),
  };
}
