import type { Response } from 'express';

/**
 * Writes a JSON response with the status already set; Express' `json` would also handle settings, charsets and freshness, which
 * are not used here.
 */
export function sendJson(response: Response, body: object): void {
  const text = JSON.stringify(body);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.end(text);
}
