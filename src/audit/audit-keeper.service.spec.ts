import { QueryFailedError, type EntityManager } from 'typeorm';
import { answers, done, Journal } from '../../test/support/unit/journal';
import type { AuditConfig } from '../config/audit.config';
import type { DatabaseStarter } from '../database/database-starter';
import type { JobsService } from '../jobs/jobs.service';
import type { Audit } from './audit';
import { AuditKeeperService } from './audit-keeper.service';
import type { AuditLog } from './audit-log';

const HEAD = { id: 'stream', seq: 7, mac: Buffer.from('ab', 'hex') };
const TOLD = { msg: 'audit head', heads: [{ stream: 'stream', seq: 7, mac: 'ab' }] };

interface Given {
  query?: (text: string) => Promise<unknown>;
  mayChange?: boolean;
  heads?: (typeof HEAD)[];
  writeRepeated?: () => Promise<void>;
  isReady?: boolean;
}

function keeperOf({
  query = answers([]),
  mayChange = false,
  heads = [HEAD],
  writeRepeated = done,
  isReady = true,
}: Given = {}) {
  const journal = new Journal({ query: query as EntityManager['query'] });
  const checks: ((manager: EntityManager) => Promise<void>)[] = [];
  const keeper = new AuditKeeperService(
    journal.fake<JobsService>('jobs', { schedule: () => undefined }),
    journal.fake<DatabaseStarter>('starter', {
      beforeReady: (check) => void checks.push(check),
      ready: Promise.resolve(),
      isReady,
    }),
    journal.database({ statement: answers([{ may_change: mayChange }]) }),
    { retentionDays: 365 } as AuditConfig,
    journal.fake<Audit>('audit', { writeRepeated }),
    journal.fake<AuditLog>('log', { heads: () => heads }),
  );
  const logger = keeper['logger'];
  const [log, warn, error] = (['log', 'warn', 'error'] as const).map((level) =>
    jest.spyOn(logger, level).mockReturnValue(undefined),
  ) as [jest.SpyInstance, jest.SpyInstance, jest.SpyInstance];
  const prepare = () => Promise.all(checks.map((check) => check(journal.manager)));
  return { journal, keeper, prepare, log, warn, error };
}

const failing = (code: string) =>
  new QueryFailedError('UPDATE', [], Object.assign(new Error(code), { code }));

describe('AuditKeeperService', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('has partitions and the retention of the settings before the service is ready', async () => {
    const { journal, prepare } = keeperOf();
    await prepare();
    expect(journal.given('manager.query').map(([text]) => text)).toEqual([
      expect.stringContaining('audit_create_partitions'),
      expect.stringContaining('UPDATE audit_retention'),
    ]);
    expect(journal.given('manager.query')[1]?.[1]).toEqual([365]);
  });

  it('R86 starts with a role that may not say how long events are kept, but not over another error', async () => {
    const failsWith = (code: string) => (text: string) =>
      text.startsWith('UPDATE') ? Promise.reject(failing(code)) : Promise.resolve([]);
    await expect(keeperOf({ query: failsWith('42501') }).prepare()).resolves.toBeDefined();
    await expect(keeperOf({ query: failsWith('57P01') }).prepare()).rejects.toThrow();
  });

  it.each([
    [2, [{ msg: 'months of the audit log dropped', months: 2 }]],
    [0, []],
  ])('tells of %i dropped months', async (dropped, told) => {
    const { journal, keeper, log } = keeperOf({ query: answers([{ dropped }]) });
    expect(await keeper.step(journal.manager)).toBe(false);
    expect(log.mock.calls.flat()).toEqual(told);
  });

  it.each([true, false])(
    'says at the start whether the database may keep what the log promises (%s)',
    async (mayChange) => {
      const { keeper, warn } = keeperOf({ mayChange });
      keeper.onApplicationBootstrap();
      await jest.advanceTimersByTimeAsync(0);
      expect(warn).toHaveBeenCalledTimes(mayChange ? 1 : 0);
      await keeper.beforeApplicationShutdown();
    },
  );

  it('tells the heads each minute, after repeated failures were written, and a last time at the stop', async () => {
    const { journal, keeper, log } = keeperOf();
    keeper.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(120_000);
    expect(log.mock.calls.flat()).toEqual([TOLD, TOLD]);
    expect(journal.acts.slice(-2)).toEqual(['audit.writeRepeated', 'log.heads']);
    await keeper.beforeApplicationShutdown();
    expect(log).toHaveBeenCalledTimes(3);
    await jest.advanceTimersByTimeAsync(600_000);
    expect(log).toHaveBeenCalledTimes(3);
  });

  it('tells the heads also when repeated failures could not be written, which is an error', async () => {
    const { keeper, log, error } = keeperOf({ writeRepeated: () => Promise.reject(new Error('away')) });
    await keeper.beforeApplicationShutdown();
    expect(error).toHaveBeenCalledTimes(1);
    expect(log).toHaveBeenCalledWith(TOLD);
  });

  it('tells no head where nothing was written, and writes nothing where there never was a database', async () => {
    const none = keeperOf({ heads: [] });
    await none.keeper.beforeApplicationShutdown();
    expect(none.log).not.toHaveBeenCalled();
    const never = keeperOf({ isReady: false });
    await never.keeper.beforeApplicationShutdown();
    expect(never.journal.acts).not.toContain('audit.writeRepeated');
  });
});
