import type { EntityManager } from 'typeorm';
import { answers, Journal } from '../../test/support/unit/journal';
import { JobsService, type PeriodicJob } from './jobs.service';

function jobsOf({ isLeader = true, left = [false] } = {}) {
  const journal = new Journal({ query: answers([{ taken: isLeader }]) as EntityManager['query'] });
  const jobs = new JobsService(journal.database());
  jest.spyOn(jobs['logger'], 'warn').mockReturnValue(undefined);
  const job: PeriodicJob = {
    ...{ name: 'test', intervalMs: 60_000, lock: 4_711 },
    step: (manager) => {
      journal.acts.push(manager === journal.manager ? 'tx step' : 'step');
      return Promise.resolve(left.shift() ?? false);
    },
  };
  return { journal, jobs, job };
}

describe('JobsService', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const LEADING = ['BEGIN', 'manager.query', 'tx step', 'COMMIT'];

  it('runs each step in a transaction of its own, under the lock of the job', async () => {
    const { journal, jobs, job } = jobsOf({ left: [true, false] });
    jobs.schedule(job);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(journal.acts).toEqual([...LEADING, ...LEADING]);
    expect(journal.given('manager.query')[0]?.[1]).toEqual([4_711]);
    await jobs.onApplicationShutdown();
  });

  it('leaves the work to the process that holds the lock, and does not ask again at once', async () => {
    const { journal, jobs, job } = jobsOf({ isLeader: false });
    jobs.schedule(job);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(journal.acts).toEqual(['BEGIN', 'manager.query', 'COMMIT']);
    await jobs.onApplicationShutdown();
  });

  it('runs no step after shutdown', async () => {
    const { journal, jobs, job } = jobsOf();
    jobs.schedule(job);
    await jobs.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(600_000);
    expect(journal.acts).toEqual([]);
  });

  it('waits at shutdown for the step that is under way, which is told', async () => {
    const { jobs } = jobsOf();
    const step = { signal: undefined as AbortSignal | undefined, end: () => undefined as void };
    jobs.run({ name: 'slow', intervalMs: 60_000 }, (signal) => {
      step.signal = signal;
      return new Promise((resolve) => (step.end = () => resolve(true)));
    });
    await jest.advanceTimersByTimeAsync(60_000);
    let isOver = false;
    const stopped = jobs.onApplicationShutdown().then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(1_000);
    expect([step.signal?.aborted, isOver]).toEqual([true, false]);
    step.end();
    await stopped;
  });
});
