import { isUtf8 } from 'node:buffer';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError } from '../errors/app-error';
import { hasDuplicateKeys } from './duplicate-keys';

const MAX_BYTES = 16 * 1024;
/** Deeper than any request of ours; what walks over a body may be recursive. */
const MAX_DEPTH = 16;
const BODILESS_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Reads a JSON request body of at most 16 KiB into `request.body`.
 * Stricter than `express.json()`: UTF-8 only (RFC 8259 section 8.1), no byte order mark, no compression,
 * and a name stands once in an object (RFC 8259 section 4 calls anything else unpredictable). And sooner: a body that
 * is too large is answered before the rest of it has come.
 */
export function jsonBody(): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    if (!hasBody(request) || BODILESS_METHODS.has(request.method)) return next();
    if (!isPlainJson(request)) return next(new AppError('unsupported-media-type'));
    readBody(request, (bytes) => {
      if (!bytes) return next(new AppError('body-too-large'));
      try {
        request.body = parseJson(bytes);
      } catch (error) {
        return next(error);
      }
      next();
    });
  };
}

/** Hands over the whole body, or undefined as soon as it is too large; nothing when the client goes away. */
function readBody(request: Request, done: (bytes: Buffer | undefined) => void): void {
  if (Number(request.headers['content-length']) > MAX_BYTES) return done(undefined);
  const chunks: Buffer[] = [];
  let length = 0;
  const collect = (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_BYTES) {
      chunks.push(chunk);
    } else {
      // The rest is read and dropped, until the server's time for a request is over.
      request.off('data', collect).off('end', finish).resume();
      done(undefined);
    }
  };
  const finish = () => done(Buffer.concat(chunks));
  request.on('data', collect).on('end', finish);
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
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AppError('malformed-json');
  }
  if (isDeeperThan(MAX_DEPTH, value)) {
    throw new AppError('malformed-json', { detail: 'The request body is nested too deeply.' });
  }
  if (hasDuplicateKeys(text)) {
    throw new AppError('malformed-json', { detail: 'The request body names a member twice.' });
  }
  return value;
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}

/** RFC 9112 section 6: a body is there when one of these headers says so. */
function hasBody({ headers }: Request): boolean {
  return (
    headers['transfer-encoding'] !== undefined ||
    (headers['content-length'] !== undefined && headers['content-length'] !== '0')
  );
}

function isPlainJson({ headers }: Request): boolean {
  return (
    /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(headers['content-type'] ?? '') &&
    /^(identity)?$/i.test(headers['content-encoding'] ?? '')
  );
}
