import { isUtf8 } from 'node:buffer';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError } from '../common/errors/app-error';
import { BodyBuffer, type LongMember } from './body-buffer';
import { hasDuplicateKeys } from '../common/duplicate-keys';
import { isUtf8Of } from './media-type';

/** Deeper than any of our requests; code that walks a body may be recursive. */
const MAX_DEPTH = 16;
const BODILESS_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/**
 * Reads a JSON request body of at most 16 KiB into `request.body`, which stays undefined without a body, however its absence is
 * framed or labelled. The JSON text `null` is passed on as null.
 * Stricter than `express.json()`: UTF-8 only (RFC 8259 section 8.1), no byte order mark, no compression,
 * and unique names in an object (RFC 8259 section 4 calls anything else unpredictable). And earlier: a body that is too
 * large is refused before the rest of it arrives. The `longMember` may make a body larger on its paths, and so may `largeBodies`.
 */
export function jsonBody(longMember: LongMember, largeBodies: readonly LargeBody[] = []): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    const finish = (read: Buffer | AppError) => {
      if (read instanceof AppError) return next(read);
      try {
        request.body = read.length === 0 ? undefined : parseJson(read);
      } catch (error) {
        return next(error);
      }
      next();
    };
    if (request.bodyBytes) return finish(request.bodyBytes);
    if (!mayHaveBody(request) || BODILESS_METHODS.has(request.method)) return next();
    const member = longMember.paths.test(request.path) ? longMember : undefined;
    const large = largeBodies.find(({ paths }) => paths.test(request.path));
    readBody(request, new BodyBuffer(member, large?.maxBytes), finish);
  };
}

/** Paths whose bodies may be larger than others. */
export interface LargeBody {
  readonly paths: RegExp;
  readonly maxBytes: number;
}

/** Passes the complete body or the first error to `done`; calls nothing when the client disconnects. */
function readBody(request: Request, body: BodyBuffer, done: (read: Buffer | AppError) => void): void {
  const announced = Number(request.headers['content-length'] ?? 0);
  const fault = announced > 0 ? faultOf(request, announced <= body.ceiling) : undefined;
  if (fault) return done(fault);
  const collect = (chunk: Buffer) => {
    const fits = body.add(chunk);
    if (fits && announced > 0) return; // its media type has been checked
    const fault = faultOf(request, fits);
    if (!fault) return;
    // The rest is read and discarded, within the server's time limit for a request.
    request.off('data', collect).off('end', finish).resume();
    done(fault);
  };
  const finish = () => done(body.bytes() ?? new AppError('body-too-large'));
  request.on('data', collect).on('end', finish);
}

/** What is wrong with a body that is present. */
function faultOf(request: Request, fits: boolean): AppError | undefined {
  if (!isPlainJson(request)) return new AppError('unsupported-media-type');
  return fits ? undefined : new AppError('body-too-large');
}

/** Parses a strict JSON object, or null; throws `malformed-json`, which never quotes the text. */
export function parseJson(bytes: Buffer): object | null {
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

/** RFC 9112 section 6: one of these headers announces a body; a chunked one may be empty. */
function mayHaveBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isPlainJson(request: Request): boolean {
  return (
    isUtf8Of('application/json', request) && /^(identity)?$/i.test(request.headers['content-encoding'] ?? '')
  );
}
