import { isUtf8 } from 'node:buffer';
import type { Request, RequestHandler } from 'express';
import { AppError } from '../common/errors/app-error';
import { BodyBuffer } from './body-buffer';
import { isUtf8Of } from './media-type';

/**
 * Reads the body of a form of a page (`application/x-www-form-urlencoded`, at most 16 KiB) into `request.body`: texts by the
 * names of fields, the first of several. Anything else is refused.
 */
export function formBody(): RequestHandler {
  return (request, _response, next) => {
    if (request.method !== 'POST') return next();
    const body = new BodyBuffer(undefined);
    const finish = () => {
      try {
        request.body = fieldsOf(request, body.bytes());
      } catch (error) {
        return next(error);
      }
      next();
    };
    const collect = (chunk: Buffer) => {
      if (body.add(chunk)) return;
      // The rest is read and discarded, within the server's time limit for a request.
      request.off('data', collect).off('end', finish).resume();
      next(new AppError('body-too-large'));
    };
    request.on('data', collect).on('end', finish);
  };
}

function fieldsOf(request: Request, bytes: Buffer | undefined): Record<string, string> {
  if (bytes === undefined) throw new AppError('body-too-large');
  if (!isUtf8Of('application/x-www-form-urlencoded', request)) throw new AppError('unsupported-media-type');
  if (!isUtf8(bytes)) throw new AppError('invalid-input');
  const fields = new URLSearchParams(bytes.toString());
  return Object.fromEntries([...new Set(fields.keys())].map((name) => [name, fields.get(name) ?? '']));
}
