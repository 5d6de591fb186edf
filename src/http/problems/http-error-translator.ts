import { HttpException } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error';
import type { ErrorCode } from '../../common/errors/error-catalog';

const CODES_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'malformed-request',
  401: 'authentication-required',
  403: 'forbidden',
  404: 'not-found',
  408: 'request-timeout',
  413: 'body-too-large',
  415: 'unsupported-media-type',
  503: 'service-unavailable',
};

/** Translates errors of Nest's router and of Express middleware by their status; their texts are not for clients. */
export function translateHttpError(error: unknown): AppError | undefined {
  const status = error instanceof HttpException ? error.getStatus() : clientErrorStatus(error);
  const code = status === undefined ? undefined : CODES_BY_STATUS[status];
  return code && new AppError(code, { cause: error });
}

/** Express middleware throws errors of the package http-errors, which have `status` and `expose`. */
function clientErrorStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('expose' in error) || !('status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}
