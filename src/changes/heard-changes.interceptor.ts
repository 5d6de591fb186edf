import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { mergeMap, type Observable } from 'rxjs';
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
    if (keeps) return next.handle();
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await this.changes.untilHeard();
        return answer;
      }),
    );
  }
}
