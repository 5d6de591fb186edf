import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TcpServer, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** After the drain: how long connections are still accepted, so that what was under way to us at its end arrives. */
const LAST_CALL_MS = 50;
/** Then: how long an idle connection may still bring a request that was sent before it could know. */
const LINGER_MS = 100;
const LOOK_AGAIN_MS = 50;
/** A turn of the event loop this short has accepted and read nothing worth mentioning. */
const QUIET_TURN_MS = 0.5;
const MOST_TURNS = 100;

/**
 * The connections of a server, and their orderly end (RFC 9112 section 9.6): answers say `Connection: close` from the
 * announcement on, and only then are idle connections closed. `Server.close()` would cut those at once, with the
 * requests that are on their way on them.
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
    // Before whoever answers: a short answer is written at once.
    server.prependListener('request', this.see);
    server.prependListener('checkExpectation', this.see);
  }

  /** From now on every answer tells its connection to close, also those under way whose head is not written yet. */
  announceClose(): void {
    this.closing = true;
    for (const response of this.open.values()) if (response?.headersSent === false) leave(response);
  }

  /**
   * Accepts nothing more, lets requests under way end, and closes every connection; what takes longer than the limit is
   * cut. Answers whether nothing was.
   */
  async close(limitMs: number): Promise<boolean> {
    await sleep(LAST_CALL_MS);
    await quietTurn();
    const closed = new Promise<void>((resolve) =>
      TcpServer.prototype.close.call(this.server, () => resolve()),
    );
    const over = new AbortController();
    const finished = Promise.race([
      closed.then(() => true),
      sleep(limitMs, false, { signal: over.signal }).catch(() => true),
    ]);
    void this.closeIdleUntil(over.signal);
    const result = await finished;
    over.abort();
    this.server.closeAllConnections();
    await closed;
    return result;
  }

  private readonly see = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    if (this.closing) {
      const earlier = this.open.get(socket);
      // Pipelined: the connection must not end before the last answer.
      if (earlier?.headersSent === false) earlier.shouldKeepAlive = true;
      leave(response);
    }
    this.open.set(socket, response);
  };

  /** A connection that has answered its last request is idle only then: looks again and again. */
  private async closeIdleUntil(over: AbortSignal): Promise<void> {
    for (let pause = LINGER_MS; !over.aborted; pause = LOOK_AGAIN_MS) {
      await sleep(pause, undefined, { signal: over }).catch(() => undefined);
      await turn(); // what has arrived meanwhile is read first
      if (!over.aborted) this.closeIdle();
    }
  }

  /** Closes every connection without a request under way, also those that have not sent a byte yet: Node passes over them. */
  private closeIdle(): void {
    // Node counts an answer as ended that a slow reader has not taken yet, and would cut it.
    const isRead = ([socket, response]: [Socket, ServerResponse | undefined]) =>
      response?.writableEnded !== true || socket.writableLength === 0;
    if ([...this.open].every(isRead)) this.server.closeIdleConnections();
    for (const socket of this.open.keys()) if (socket.bytesRead === 0) socket.destroy();
  }
}

function leave(response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

/**
 * Waits for a turn of the event loop in which hardly anything came. What waits to be accepted is lost when a server stops
 * listening: the shorter ago it last looked, the less that is.
 */
async function quietTurn(): Promise<void> {
  for (let turns = 0; turns < MOST_TURNS; turns++) {
    const before = performance.now();
    await turn();
    if (performance.now() - before < QUIET_TURN_MS) return;
  }
}
