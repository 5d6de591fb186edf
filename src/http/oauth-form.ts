import { isUtf8 } from 'node:buffer';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { AppError } from '../common/errors/app-error';
import { invalidInput } from '../common/errors/invalid-input';
import { isUtf8Of } from './media-type';

/** Largest form, in bytes: a token that is too long to be valid is answered as such up to here. */
export const MAX_FORM_BYTES = 64 * 1024;
const MEDIA_TYPE = 'application/x-www-form-urlencoded';
const BODILESS_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const MALFORMED_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** The parameters of a form. One without a value counts as omitted (RFC 6749 section 3.1). */
export type Form = ReadonlyMap<string, string>;

/**
 * Reads a form into `request.body`, on the paths given; on others `rest` reads the body. UTF-8 only, no compression, each parameter at
 * most once (RFC 6749 section 3.2). Without a body `request.body` stays undefined.
 */
export function oauthForm(paths: RegExp, rest: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (!paths.test(request.path)) return rest(request, response, next);
    if (BODILESS_METHODS.has(request.method)) return next();
    readForm(request, response, next);
  };
}

/** Parameter of a handler: the form; refuses with `invalid-input` a request without a body. */
export const OAuthForm = createParamDecorator((_data: unknown, context: ExecutionContext): Form => {
  const body: unknown = context.switchToHttp().getRequest<Request>().body;
  if (!(body instanceof Map))
    throw invalidInput([{ pointer: '#', detail: 'The request requires a form as its body.' }]);
  return body as Form;
});

function readForm(request: Request, _response: Response, next: NextFunction): void {
  if (request.bodyBytes) return takeForm(request, request.bodyBytes, next); // a lane has read it
  const chunks: Buffer[] = [];
  let length = 0;
  const collect = (chunk: Buffer) => {
    length += chunk.length;
    if (length <= MAX_FORM_BYTES) chunks.push(chunk);
    const fault = faultOf(request, length);
    if (!fault) return;
    request.off('data', collect).off('end', finish).resume(); // read and discarded, within the limit for a request
    next(fault);
  };
  const finish = () => takeForm(request, Buffer.concat(chunks), next);
  request.on('data', collect).on('end', finish);
}

function takeForm(request: Request, bytes: Buffer, next: NextFunction): void {
  try {
    if (bytes.length > 0) request.body = parseForm(bytes);
  } catch (error) {
    return next(error);
  }
  next();
}

function faultOf(request: Request, length: number): AppError | undefined {
  const isPlain = /^(identity)?$/i.test(request.headers['content-encoding'] ?? '');
  if (!isPlain || !isUtf8Of(MEDIA_TYPE, request)) {
    return new AppError('unsupported-media-type', {
      detail: `Send the body as ${MEDIA_TYPE} in UTF-8, without Content-Encoding.`,
    });
  }
  if (length <= MAX_FORM_BYTES) return undefined;
  return new AppError('body-too-large', { detail: 'The request body is larger than 64 KiB.' });
}

function parseForm(bytes: Buffer): Form {
  const text = isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  if (text === undefined || MALFORMED_ESCAPE.test(text)) throw malformed('is not a form in UTF-8');
  const form = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (form.has(name)) throw malformed('names a parameter twice');
    form.set(name, value);
  }
  for (const [name, value] of form) if (value === '') form.delete(name);
  return form;
}

function malformed(fault: string): AppError {
  return invalidInput([{ pointer: '#', detail: `The request body ${fault}.` }]);
}
