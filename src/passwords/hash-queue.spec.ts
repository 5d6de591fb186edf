import type { Request } from 'express';
import { onBehalfOf, RequestScope } from '../common/request-scope';
import { HashQueue } from './hash-queue';

const LONG_MS = 60_000;

/** The scope of a request that has so much time, from a client that is there or has gone. */
function scopeOf(timeoutMs: number, { gone = false } = {}): RequestScope {
  const socket = { writable: !gone, readableEnded: false };
  const request = { socket, headers: {}, callerAddress: '192.0.2.1' };
  return new RequestScope(request as unknown as Request, timeoutMs);
}

describe('HashQueue', () => {
  const begun: string[] = [];
  let finish: () => void;
  let queue: HashQueue<string, string>;

  beforeEach(() => {
    begun.length = 0;
    const work = (job: string) => {
      begun.push(job);
      return new Promise<string>((resolve) => (finish = () => resolve(job)));
    };
    queue = new HashQueue(work, { workers: 1, waiting: 10 });
  });

  const run = (job: string, scope: RequestScope) => onBehalfOf(scope, () => queue.run(job));

  it('R80 begins nothing for a client that has gone', async () => {
    const gone = run('gone', scopeOf(LONG_MS, { gone: true }));
    await expect(gone).rejects.toMatchObject({ code: 'overloaded', reason: 'client gone' });
    expect(begun).toEqual([]);
  });

  it('R65 begins nothing for a request whose time is up', async () => {
    await expect(run('late', scopeOf(0))).rejects.toMatchObject({ code: 'overloaded' });
    expect(begun).toEqual([]);
  });

  it('R65 waits for nothing beyond the deadline of its request, neither in the queue nor for a hash under way', async () => {
    const soonMs = 700; // half a second of it is for work
    const running = run('running', scopeOf(soonMs));
    const waiting = run('waiting', scopeOf(soonMs));
    await expect(running).rejects.toMatchObject({ code: 'overloaded' });
    await expect(waiting).rejects.toMatchObject({ code: 'overloaded' });
    expect(begun).toEqual(['running']);

    const next = run('next', scopeOf(LONG_MS));
    expect(begun).toEqual(['running']); // the worker is still busy
    finish();
    await new Promise(setImmediate);
    expect(begun).toEqual(['running', 'next']);
    finish();
    await expect(next).resolves.toBe('next');
  });
});
