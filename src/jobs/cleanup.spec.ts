import type { OnApplicationBootstrap } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { SessionConfig } from '../config/session.config';
import { cleanup } from './cleanup';
import type { PeriodicJob } from './jobs.service';

const MANAGER = {} as EntityManager;
const LOCK = 7;

class Rows {
  readonly asked: [table: string, limit: number][] = [];
  constructor(private readonly left: Record<string, number>) {}

  delete(table: string, limit: number, manager: EntityManager): Promise<number> {
    expect(manager).toBe(MANAGER);
    this.asked.push([table, limit]);
    const deleted = Math.min(limit, this.left[table]!);
    this.left[table]! -= deleted;
    return Promise.resolve(deleted);
  }
}

describe('the cleanup of a room', () => {
  function scheduled(rows: Rows): PeriodicJob {
    const jobs: PeriodicJob[] = [];
    const provider = cleanup({
      name: 'test-cleanup',
      lock: LOCK,
      repository: Rows,
      deletions: (source: Rows) => [
        (limit, manager) => source.delete('first', limit, manager),
        (limit, manager) => source.delete('second', limit, manager),
      ],
    });
    const config = { cleanupIntervalSeconds: 60 } as SessionConfig;
    const bootstrap = provider.useFactory(
      { schedule: (job: PeriodicJob) => jobs.push(job) },
      config,
      rows,
    ) as OnApplicationBootstrap;
    expect(jobs).toEqual([]); // not before the application is whole
    bootstrap.onApplicationBootstrap();
    return jobs[0]!;
  }
  const step = (job: PeriodicJob) => job.step(MANAGER, new AbortController().signal);

  it('is a job of its name and lock at the interval of the settings', () => {
    expect(scheduled(new Rows({ first: 0, second: 0 }))).toMatchObject({
      name: 'test-cleanup',
      lock: LOCK,
      intervalMs: 60_000,
    });
  });

  it('deletes of each table in batches, and goes on while one of them was full (R69)', async () => {
    const rows = new Rows({ first: 1200, second: 10 });
    const job = scheduled(rows);
    expect([await step(job), await step(job), await step(job)]).toEqual([true, true, false]);
    expect(rows.asked).toEqual(
      [1, 2, 3].flatMap(() => [
        ['first', 500],
        ['second', 500],
      ]),
    );
  });

  it('goes on also when only the last table was full', async () => {
    expect(await step(scheduled(new Rows({ first: 0, second: 500 })))).toBe(true);
  });
});
