import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The waiting requests of a connection; undefined until one has to wait. */
interface ConnectionQueue {
  isBusy: boolean;
  waiting: { readonly request: IncomingMessage; readonly response: ServerResponse }[] | undefined;
}

/** Waiting requests after which a connection is paused (those that arrived with the last one still wait). */
const MAX_WAITING = 100;

/**
 * Handles the requests of one connection one after another, in the order of their responses (RFC 9112 section 9.3.2). Node
 * starts all that arrive, so one connection could fill every queue of the service. Requests still waiting when the
 * connection closes are dropped.
 */
export class Pipelining {
  private readonly queues = new WeakMap<Socket, ConnectionQueue>();

  constructor(private readonly handler: Handler) {}

  /** Handles a request now, or after the earlier ones of its connection have been answered. */
  readonly handle: Handler = (request, response) => {
    const queue = this.queueOf(request.socket);
    if (!queue.isBusy) {
      this.begin(queue, request, response);
      return;
    }
    const waiting = (queue.waiting ??= this.startWaiting(request.socket));
    waiting.push({ request, response });
    if (waiting.length >= MAX_WAITING) request.socket.pause();
  };

  private queueOf(socket: Socket): ConnectionQueue {
    let queue = this.queues.get(socket);
    if (!queue) this.queues.set(socket, (queue = { isBusy: false, waiting: undefined }));
    return queue;
  }

  private begin(queue: ConnectionQueue, request: IncomingMessage, response: ServerResponse): void {
    queue.isBusy = true;
    response.on('close', () => this.next(queue, request.socket));
    this.handler(request, response);
  }

  private next(queue: ConnectionQueue, socket: Socket): void {
    queue.isBusy = false;
    const { waiting } = queue;
    if (!waiting || waiting.length === 0) return;
    if (!socket.writable) {
      waiting.length = 0;
      return;
    }
    const { request, response } = waiting.shift()!;
    if (waiting.length < MAX_WAITING) socket.resume();
    this.begin(queue, request, response);
  }

  private startWaiting(socket: Socket): NonNullable<ConnectionQueue['waiting']> {
    const waiting: NonNullable<ConnectionQueue['waiting']> = [];
    // Node resumes a connection after each request that it has read.
    socket.on('resume', () => {
      if (waiting.length >= MAX_WAITING) socket.pause();
    });
    return waiting;
  }
}
