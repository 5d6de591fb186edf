import type { IdempotencyService } from '../../../src/idempotency/idempotency.service';

/** Requests that come once: the work is done, and what is stored of its answer is told. */
export function comingOnce(stored: unknown[] = []): IdempotencyService {
  const once: IdempotencyService['once'] = async (_request, _manager, work, conceal) => {
    const body = await work();
    stored.push(conceal(body));
    return body;
  };
  return { once } as Partial<IdempotencyService> as IdempotencyService;
}

/** Requests that came before: they are answered with what was stored, and no work is done. */
export function repeated(body: unknown): IdempotencyService {
  return { once: () => Promise.resolve(body) } as Partial<IdempotencyService> as IdempotencyService;
}
