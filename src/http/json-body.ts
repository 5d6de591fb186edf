import { isUtf8 } from 'node:buffer';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError } from '../common/errors/app-error';
import { BodyBuffer, type LongMember } from './body-buffer';
import { hasDuplicateKeys } from '../common/duplicate-keys';
import { isUtf8Of } from './media-type';

/** Deeper than any request of ours; what walks over a body may be recursive. */
const MAX_DEPTH = 16;
const BODILESS_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Reads a JSON request body of at most 16 KiB into `request.body`, which stays undefined without one: no body is no body, however
 * its absence is framed or labelled. The JSON text `null` is handed on as null.
 * Stricter than `express.json()`: UTF-8 only (RFC 8259 section 8.1), no byte order mark, no compression,
 * and a name stands once in an object (RFC 8259 section 4 calls anything else unpredictable). And sooner: a body that
 * is too large is answered before the rest of it has come. A `longMember` may make a body larger where it says.
 */
export function jsonBody(longMember: LongMember): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    if (!mayHaveBody(request) || BODILESS_METHODS.has(request.method)) return next();
    readBody(request, longMember.paths.test(request.path) ? longMember : undefined, (read) => {
      if (read instanceof AppError) return next(read);
      try {
        request.body = read.length === 0 ? undefined : parseJson(read);
      } catch (error) {
        return next(error);
      }
      next();
    });
  };
}

/** Hands over the whole body, or an error as soon as there is one; nothing when the client goes away. */
function readBody(
  request: Request,
  longMember: LongMember | undefined,
  done: (read: Buffer | AppError) => void,
): void {
  const body = new BodyBuffer(longMember);
  const announced = Number(request.headers['content-length'] ?? 0);
  const fault = announced > 0 ? faultOf(request, announced <= body.ceiling) : undefined;
  if (fault) return done(fault);
  const collect = (chunk: Buffer) => {
    const fits = body.add(chunk);
    if (fits && announced > 0) return; // its label has been looked at
    const fault = faultOf(request, fits);
    if (!fault) return;
    // The rest is read and dropped, until the server's time for a request is over.
    request.off('data', collect).off('end', finish).resume();
    done(fault);
  };
  const finish = () => done(body.bytes() ?? new AppError('body-too-large'));
  request.on('data', collect).on('end', finish);
}

/** What is wrong with a body that is there. */
function faultOf(request: Request, fits: boolean): AppError | undefined {
  if (!isPlainJson(request)) return new AppError('unsupported-media-type');
  return fits ? undefined : new AppError('body-too-large');
}

/** Parses a strict JSON object, or null; throws `malformed-json`, which never quotes the text. */
function parseJson(bytes: Buffer): object | null {
  if (!isUtf8(bytes)) throw new AppError('malformed-json');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new AppError('malformed-json');
  }
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) throw new AppError('malformed-json');
  if (isDeeperThan(MAX_DEPTH, value)) {
    throw new AppError('malformed-json', { detail: 'The request body is nested too deeply.' });
  }
  if (hasDuplicateKeys(text)) {
    throw new AppError('malformed-json', { detail: 'The request body contains a duplicate member name.' });
  }
  return value;
}

function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(levels - 1, inner));
}

/** RFC 9112 section 6: a body may be there when one of these headers says so; chunks may turn out to be none. */
function mayHaveBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isPlainJson(request: Request): boolean {
  return (
    isUtf8Of('application/json', request) && /^(identity)?$/i.test(request.headers['content-encoding'] ?? '')
  );
}
