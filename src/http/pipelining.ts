import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The requests of a connection that wait for their turn; undefined until a first one has to. */
interface Line {
  isBusy: boolean;
  waiting: { readonly request: IncomingMessage; readonly response: ServerResponse }[] | undefined;
}

/** Requests that may wait on one connection before it is read no further (and those that have arrived with the last one). */
const MAX_WAITING = 100;

/**
 * Handles the requests of one connection one after the other, as their answers go out (RFC 9112 section 9.3.2). Node begins
 * all that arrive, so that one connection could fill every queue of the service. What has not begun when a connection
 * closes never does.
 */
export class Pipelining {
  private readonly lines = new WeakMap<Socket, Line>();

  constructor(private readonly handler: Handler) {}

  /** Handles a request now, or when those before it on its connection have been answered. */
  readonly handle: Handler = (request, response) => {
    const line = this.lineOf(request.socket);
    if (!line.isBusy) {
      this.begin(line, request, response);
      return;
    }
    const waiting = (line.waiting ??= this.startWaiting(request.socket));
    waiting.push({ request, response });
    if (waiting.length >= MAX_WAITING) request.socket.pause();
  };

  private lineOf(socket: Socket): Line {
    let line = this.lines.get(socket);
    if (!line) this.lines.set(socket, (line = { isBusy: false, waiting: undefined }));
    return line;
  }

  private begin(line: Line, request: IncomingMessage, response: ServerResponse): void {
    line.isBusy = true;
    response.on('close', () => this.next(line, request.socket));
    this.handler(request, response);
  }

  private next(line: Line, socket: Socket): void {
    line.isBusy = false;
    const { waiting } = line;
    if (!waiting || waiting.length === 0) return;
    if (!socket.writable) {
      waiting.length = 0;
      return;
    }
    const { request, response } = waiting.shift()!;
    if (waiting.length < MAX_WAITING) socket.resume();
    this.begin(line, request, response);
  }

  private startWaiting(socket: Socket): NonNullable<Line['waiting']> {
    const waiting: NonNullable<Line['waiting']> = [];
    // Node resumes a connection whenever it has read a request.
    socket.on('resume', () => {
      if (waiting.length >= MAX_WAITING) socket.pause();
    });
    return waiting;
  }
}
