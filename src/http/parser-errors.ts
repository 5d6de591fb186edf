import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError } from '../common/errors/app-error';
import type { ErrorCode } from '../common/errors/error-catalog';
import { PROBLEM_MEDIA_TYPE, problemBody, problemHeaders } from './problems/problem';

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** How long a refused connection may take to receive its last response. */
const WRITE_LIMIT_MS = 1_000;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers requests that Node's HTTP parser refuses (the `clientError` event) with a problem document, and closes. */
export class ParserErrors {
  private readonly latest = new WeakMap<Duplex, Exchange>();

  answer(server: Server): void {
    server.on('request', (request, response) => this.latest.set(request.socket, { request, response }));
    server.on('clientError', (error: Error & { code?: string }, socket) => {
      if (error.code === 'ECONNRESET' || this.isAnswered(socket)) {
        socket.destroy();
      } else {
        closeWithProblem(socket, new AppError(CODES[error.code ?? ''] ?? 'malformed-request'));
      }
    });
  }

  /** Whether the error is in the body of an answered request: a second response would be taken for that of another request. */
  private isAnswered(socket: Duplex): boolean {
    const exchange = this.latest.get(socket);
    return exchange !== undefined && !exchange.request.complete && exchange.response.headersSent;
  }
}

/**
 * Writes a problem document to a connection that has no response object, and closes it. Node removes its own listeners from such
 * a socket: without ours, a reset by the client would be an unhandled `error` event and end the process.
 */
export function closeWithProblem(socket: Duplex, error: AppError): void {
  socket.on('error', () => socket.destroy());
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = randomUUID();
  const body = JSON.stringify(problemBody(error, undefined, requestId));
  const headers = {
    ...problemHeaders(error),
    'Content-Type': PROBLEM_MEDIA_TYPE,
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  // A client that reads nothing would keep the connection open, and the server from closing, for ever.
  const limit = setTimeout(() => socket.destroy(), WRITE_LIMIT_MS);
  socket.once('close', () => clearTimeout(limit));
  socket.end(
    [`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`, ...lines, '', body].join('\r\n'),
    () => socket.destroy(),
  );
}
