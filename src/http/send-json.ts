import type { Response } from 'express';

/**
 * Writes a JSON answer at once, with the status that the response has; Express' `json` would look at settings, charsets and
 * freshness that we have no use for.
 */
export function sendJson(response: Response, body: object): void {
  const text = JSON.stringify(body);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}
