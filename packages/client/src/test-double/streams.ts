import type { ServerResponse } from 'node:http';
import type { FeedEvent } from './state';

const HEARTBEAT_MS = 1_000;
/** `bound_ms` of the service's default settings. */
const BOUND_MS = 2_000;

/** The open streams of `GET /auth/events`. */
export class Streams {
  private readonly open = new Set<ServerResponse>();
  private readonly timer = setInterval(() => {
    this.send('heartbeat', { server_time: new Date().toISOString() });
  }, HEARTBEAT_MS);

  /** Begins a stream. */
  begin(response: ServerResponse): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    response.write(frame('hello', { bound_ms: BOUND_MS, server_time: new Date().toISOString() }));
    this.open.add(response);
    response.on('close', () => this.open.delete(response));
  }

  /** Tells all of them. */
  tell({ kind, data }: FeedEvent): void {
    this.send(kind, data);
  }

  /** Ends all of them, as complete responses. */
  end(): void {
    for (const response of this.open) response.end();
    this.open.clear();
  }

  /** Begins no more heartbeats. */
  close(): void {
    clearInterval(this.timer);
    this.end();
  }

  private send(kind: string, data: Readonly<Record<string, unknown>>): void {
    const text = frame(kind, data);
    for (const response of this.open) response.write(text);
  }
}

function frame(kind: string, data: Readonly<Record<string, unknown>>): string {
  return `event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
