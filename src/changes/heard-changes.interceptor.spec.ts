import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { lastValueFrom, of, throwError } from 'rxjs';
import { done, Journal } from '../../test/support/unit/journal';
import { AppError } from '../common/errors/app-error';
import { onBehalfOf, type RequestScope } from '../common/request-scope';
import type { ChangeFeed } from './change-feed';
import { HeardChangesInterceptor } from './heard-changes.interceptor';
import { KeepsAnswers } from './keeps-answers.decorator';

const plain = () => undefined;
const keeping = () => undefined;
KeepsAnswers()(keeping);

async function answer(
  method: string,
  {
    handler = plain,
    hasEndedSessions = false,
    refusal,
  }: { handler?: () => void; hasEndedSessions?: boolean; refusal?: Error } = {},
) {
  const journal = new Journal();
  const interceptor = new HeardChangesInterceptor(
    new Reflector(),
    journal.fake<ChangeFeed>('changes', { untilHeard: done }),
  );
  const context = {
    switchToHttp: () => ({ getRequest: () => ({ method }) }),
    getHandler: () => handler,
  } as unknown as ExecutionContext;
  const scope = { hasEndedSessions: false } as RequestScope;
  const handle = () => {
    scope.hasEndedSessions = hasEndedSessions; // known only when the handler is through
    return refusal ? throwError(() => refusal) : of('answer');
  };
  const outcome = await onBehalfOf(scope, () =>
    lastValueFrom(interceptor.intercept(context, { handle })).catch((error: unknown) => error),
  );
  return { outcome, waits: journal.acts.length };
}

describe('HeardChangesInterceptor', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'R18 answers a %s once every process has heard',
    async (method) => {
      expect(await answer(method)).toEqual({ outcome: 'answer', waits: 1 });
    },
  );

  it.each(['GET', 'HEAD', 'OPTIONS'])('answers a %s at once: it changes nothing', async (method) => {
    expect(await answer(method)).toEqual({ outcome: 'answer', waits: 0 });
  });

  it('answers at once where a route keeps the answers about users', async () => {
    expect(await answer('POST', { handler: keeping })).toEqual({ outcome: 'answer', waits: 0 });
  });

  it.each<[string, string, () => void]>([
    ['GET', 'GET', plain],
    ['route that keeps answers', 'POST', keeping],
  ])('R18 waits on a %s all the same when it has ended sessions', async (_what, method, handler) => {
    expect(await answer(method, { handler, hasEndedSessions: true })).toMatchObject({ waits: 1 });
  });

  it('R23 waits before a refusal that has ended sessions, and passes it on', async () => {
    const refusal = new AppError('invalid-token');
    expect(await answer('POST', { refusal, hasEndedSessions: true })).toEqual({ outcome: refusal, waits: 1 });
  });

  it('passes another refusal on at once', async () => {
    const refusal = new AppError('invalid-input');
    expect(await answer('POST', { refusal })).toEqual({ outcome: refusal, waits: 0 });
  });
});
