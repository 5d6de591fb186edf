import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TcpServer, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** After the drain: how long connections are still accepted, so that those in transit arrive. */
const ACCEPT_GRACE_MS = 50;
/** Then: how long an idle connection may still deliver a request sent before the client knew of the close. */
const LINGER_MS = 100;
const RECHECK_MS = 50;
/** A turn of the event loop this short has accepted and read almost nothing. */
const QUIET_TURN_MS = 0.5;
const MAX_TURNS = 100;

/**
 * The connections of a server, and their graceful close (RFC 9112 section 9.6): after `announceClose`, responses say
 * `Connection: close`, and only then are idle connections closed. `Server.close()` would close those at once and lose requests
 * in transit.
 */
export class Connections {
  /** The latest response of each open connection. */
  private readonly open = new Map<Socket, ServerResponse | undefined>();
  private closing = false;

  constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.open.set(socket, undefined);
      socket.once('close', () => this.open.delete(socket));
    });
    // Before the handler, which may write a short response at once.
    server.prependListener('request', this.onRequest);
    server.prependListener('checkExpectation', this.onRequest);
  }

  /** From now on every response says `Connection: close`, including those in progress whose head is not written yet. */
  announceClose(): void {
    this.closing = true;
    for (const response of this.open.values()) if (response?.headersSent === false) closeAfter(response);
  }

  /**
   * Stops accepting, waits for requests in progress, and closes every connection, forcibly after the limit. Answers whether
   * all requests finished in time.
   */
  async close(limitMs: number): Promise<boolean> {
    await sleep(ACCEPT_GRACE_MS);
    await quietTurn();
    const closed = new Promise<void>((resolve) =>
      TcpServer.prototype.close.call(this.server, () => resolve()),
    );
    const stop = new AbortController();
    const finished = Promise.race([
      closed.then(() => true),
      sleep(limitMs, false, { signal: stop.signal }).catch(() => true),
    ]);
    void this.closeIdleUntil(stop.signal);
    const result = await finished;
    stop.abort();
    this.server.closeAllConnections();
    await closed;
    return result;
  }

  private readonly onRequest = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    if (this.closing) {
      const earlier = this.open.get(socket);
      // Pipelined: the connection must not end before the last answer.
      if (earlier?.headersSent === false) earlier.shouldKeepAlive = true;
      closeAfter(response);
    }
    this.open.set(socket, response);
  };

  /** Checks repeatedly: a connection becomes idle when its last response is written. */
  private async closeIdleUntil(stop: AbortSignal): Promise<void> {
    for (let pause = LINGER_MS; !stop.aborted; pause = RECHECK_MS) {
      await sleep(pause, undefined, { signal: stop }).catch(() => undefined);
      await turn(); // read first what has arrived meanwhile
      if (!stop.aborted) this.closeIdle();
    }
  }

  /** Closes every connection without a request in progress, including those that never sent a byte, which Node skips. */
  private closeIdle(): void {
    // Node considers a response ended before a slow reader has received it, and would cut it off.
    const isRead = ([socket, response]: [Socket, ServerResponse | undefined]) =>
      response?.writableEnded !== true || socket.writableLength === 0;
    if ([...this.open].every(isRead)) this.server.closeIdleConnections();
    for (const socket of this.open.keys()) if (socket.bytesRead === 0) socket.destroy();
  }
}

function closeAfter(response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

/**
 * Waits for a turn of the event loop in which almost nothing arrived. Connections not yet accepted are lost when a server
 * stops listening; just after a quiet turn there are fewest.
 */
async function quietTurn(): Promise<void> {
  for (let turns = 0; turns < MAX_TURNS; turns++) {
    const before = performance.now();
    await turn();
    if (performance.now() - before < QUIET_TURN_MS) return;
  }
}
