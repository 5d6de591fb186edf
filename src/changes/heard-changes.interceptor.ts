import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { catchError, mergeMap, type Observable } from 'rxjs';
import { currentRequest } from '../common/request-scope';
import { ChangeFeed } from './change-feed';
import { KEEPS_ANSWERS } from './keeps-answers.decorator';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Answers a request that has changed something once every process has heard of the change (within a limit): who was told
 * that a session has ended finds it ended.
 */
@Injectable()
export class HeardChangesInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly changes: ChangeFeed,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method } = context.switchToHttp().getRequest<Request>();
    const keeps =
      READING.has(method) || this.reflector.get<boolean | undefined>(KEEPS_ANSWERS, context.getHandler());
    const scope = currentRequest();
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        if (!keeps || scope?.hasEndedSessions) await this.changes.untilHeard();
        return answer;
      }),
      // A refresh token that is used again ends its session, and is refused.
      catchError(async (error: unknown) => {
        if (scope?.hasEndedSessions) await this.changes.untilHeard();
        throw error;
      }),
    );
  }
}
