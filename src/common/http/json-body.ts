import { isUtf8 } from 'node:buffer';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { AppError } from '../errors/app-error';
import { hasDuplicateKeys } from './duplicate-keys';

const LIMIT = '16kb';
const BODILESS_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Reads a JSON request body of at most 16 KiB into `request.body`.
 * Stricter than `express.json()`: UTF-8 only (RFC 8259 section 8.1), no byte order mark, no compression,
 * and a name stands once in an object (RFC 8259 section 4 calls anything else unpredictable).
 */
export function jsonBody(): RequestHandler[] {
  const raw = express.raw({ type: isJson, limit: LIMIT, inflate: false });
  return [
    (request, response, next) => {
      if (!hasBody(request) || BODILESS_METHODS.has(request.method)) return next();
      if (!isJson(request)) return next(new AppError('unsupported-media-type'));
      raw(request, response, next);
    },
    parseBody,
  ];
}

function parseBody(request: Request, _response: Response, next: NextFunction): void {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes)) return next();
  try {
    request.body = parseJson(bytes);
    next();
  } catch (error) {
    next(error);
  }
}

/** Parses a strict JSON object; throws `malformed-json`, which never quotes the text. */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new AppError('malformed-json');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('malformed-json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AppError('malformed-json');
  if (hasDuplicateKeys(text)) {
    throw new AppError('malformed-json', { detail: 'The request body names a member twice.' });
  }
  return value;
}

/** RFC 9112 section 6: a body is there when one of these headers says so. */
function hasBody({ headers }: Request): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    (headers['content-length'] !== undefined && headers['content-length'] !== '0')
  );
}

function isJson(request: { headers: { 'content-type'?: string | undefined } }): boolean {
  return /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(
    request.headers['content-type'] ?? '',
  );
}
