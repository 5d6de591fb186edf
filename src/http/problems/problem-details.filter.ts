import { Catch, Inject, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { RouteTable } from '../route-table';
import { AppError } from '../../common/errors/app-error';
import { ERROR_TRANSLATORS, type ErrorTranslator } from '../../common/errors/error-translator';
import { isOAuthError, sendOAuthError } from './oauth-error';
import { sendProblem } from './problem';

/** Called with each error that is answered; the answer waits for what it promises. */
export type ProblemObserver = (error: AppError) => Promise<void> | undefined;

/** Injection token of the observer. */
export const PROBLEM_OBSERVER = Symbol('PROBLEM_OBSERVER');

/** Turns every error into a problem document, and logs what operators need to know about it. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  private readonly logger = new Logger('Errors');

  constructor(
    @Inject(ERROR_TRANSLATORS) private readonly translators: readonly ErrorTranslator[],
    private readonly routes: RouteTable,
    @Inject(PROBLEM_OBSERVER) private readonly observe: ProblemObserver,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const error = this.withMethods(this.translate(thrown), request);
    this.log(error, request);
    const answer = () => {
      if (response.headersSent) response.destroy();
      else sendError(request, response, error);
    };
    const observed = this.observe(error);
    if (observed) observed.then(answer, answer);
    else answer();
  }

  private translate(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown;
    for (const translator of this.translators) {
      const error = translator(thrown);
      if (error) return error;
    }
    return new AppError('internal-error', { cause: thrown });
  }

  /** A path that supports only other methods is 405, not 404 (RFC 9110 section 15.5.6). */
  private withMethods(error: AppError, request: Request): AppError {
    if (error.code !== 'not-found') return error;
    const allow = this.routes.methodsOf(request.path);
    const isOthersOnly = allow.length > 0 && !allow.includes(request.method);
    return isOthersOnly ? new AppError('method-not-allowed', { allow }) : error;
  }

  private log(error: AppError, request: Request): void {
    const { code, reason, advice } = error;
    const trace_id = request.span?.traceId ?? request.traceParent?.traceId;
    const entry = { request_id: request.id, trace_id, code, reason, ...(advice !== undefined && { advice }) };
    if (error.code === 'internal-error') {
      this.logger.error({ msg: 'unexpected error', ...entry, err: error.cause });
    } else if (error.status === 503 && !request.socket.writable) {
      this.logger.debug({ msg: 'the client has gone', ...entry });
    } else if (error.status === 503) {
      this.logger.warn({ msg: 'cannot answer', ...entry, err: error.cause });
    } else if (error.reason !== undefined) {
      this.logger.warn({ msg: 'refused', ...entry });
    }
  }
}

/** A problem document, or the form of RFC 6749 on the routes of OAuth. */
function sendError(request: Request, response: Response, error: AppError): void {
  if (isOAuthError(request, error)) sendOAuthError(request, response, error);
  else sendProblem(request, response, error);
}
