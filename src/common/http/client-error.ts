import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from '../errors/app-error';
import type { ErrorCode } from '../errors/error-catalog';
import { PROBLEM_MEDIA_TYPE, problemBody, problemHeaders } from '../errors/problem';

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'body-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** Answers what Node's HTTP parser refuses (its `clientError` event) with a problem document, and closes. */
export function answerClientError(parserError: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || parserError.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const error = new AppError(CODES[parserError.code ?? ''] ?? 'malformed-request');
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
  socket.end(
    [`HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`, ...lines, '', body].join('\r\n'),
    () => socket.destroySoon(),
  );
}
