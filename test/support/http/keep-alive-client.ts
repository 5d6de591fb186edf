import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a client saw of one request. */
export interface Attempt {
  /** When it was sent, in milliseconds of `Date.now()`. */
  readonly sentAt: number;
  readonly endedAt: number;
  /** The status, or the code of the error. */
  readonly outcome: number | string;
  /** Whether the answer told to close the connection. */
  readonly close: boolean;
}

/** What to send. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
}

/** Sends one request after the other on one kept connection, until nobody listens any more. */
export class KeepAliveClient {
  /** Those that have ended, in order. */
  readonly attempts: Attempt[] = [];
  /** Settles when a connection was refused. */
  readonly refused: Promise<void>;

  constructor(port: number, wanted: Request, pauseMs: number) {
    this.refused = this.run(port, wanted, pauseMs);
  }

  private async run(port: number, wanted: Request, pauseMs: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (this.attempts.at(-1)?.outcome !== 'ECONNREFUSED') {
      if (this.attempts.length > 0) await sleep(pauseMs);
      this.attempts.push(await once(agent, port, wanted));
    }
    agent.destroy();
  }
}

function once(agent: Agent, port: number, { method, path, body = '' }: Request): Promise<Attempt> {
  const headers = body === '' ? {} : { 'Content-Type': 'application/json', 'Content-Length': body.length };
  const sentAt = Date.now();
  return new Promise((resolve) => {
    const sent = request({ agent, port, host: '127.0.0.1', method, path, headers });
    const finish = (outcome: number | string, response?: IncomingMessage) =>
      resolve({ sentAt, endedAt: Date.now(), outcome, close: response?.headers.connection === 'close' });
    sent.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
    sent.on('response', (response) => {
      response.resume();
      response.on('error', () => finish('cut', response));
      response.on('end', () => finish(response.statusCode ?? 0, response));
    });
    sent.end(body);
  });
}
