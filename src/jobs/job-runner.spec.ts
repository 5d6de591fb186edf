import { JobRunner, type RunStep } from './job-runner';

const INTERVAL_MS = 3_600_000;
const MINUTE_MS = 60_000;
const RESUME_MS = 10_000;

describe('a periodic job', () => {
  let steps: number;
  let ends: number;
  let runner: JobRunner | undefined;
  const logger = { warn: jest.fn() };

  beforeEach(() => {
    jest.useFakeTimers();
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    logger.warn.mockReset();
    [steps, ends, runner] = [0, 0, undefined];
  });

  afterEach(async () => {
    await runner?.stop();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  function start(
    step: (step: number, signal: AbortSignal) => Promise<boolean>,
    intervalMs = INTERVAL_MS,
  ): JobRunner {
    const counted: RunStep = (signal) => step(++steps, signal);
    runner = new JobRunner({ name: 'test', intervalMs, runEnded: () => ends++ }, counted, logger);
    runner.start();
    return runner;
  }

  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
  const nothingLeft = () => Promise.resolve(false);

  it('runs first at a random moment of the first minute, then at its interval', async () => {
    start(nothingLeft);
    await pass(MINUTE_MS / 2 - 1);
    expect(steps).toBe(0);
    await pass(1);
    expect(steps).toBe(1);
    await pass(INTERVAL_MS - 1);
    expect(steps).toBe(1);
    await pass(1);
    expect(steps).toBe(2);
  });

  it('runs first within its interval when that is shorter than a minute', async () => {
    start(nothingLeft, 1_000);
    await pass(500);
    expect(steps).toBe(1);
  });

  it('takes steps until nothing is left, and hears of the end once a run', async () => {
    start((step) => Promise.resolve(step % 3 !== 0));
    await pass(MINUTE_MS / 2);
    expect([steps, ends]).toEqual([3, 1]);
    await pass(INTERVAL_MS);
    expect([steps, ends]).toEqual([6, 2]);
  });

  it('leaves what is more than 200 steps to a run that comes soon', async () => {
    start((step) => Promise.resolve(step < 250));
    await pass(MINUTE_MS / 2);
    expect([steps, ends]).toEqual([200, 1]);
    await pass(RESUME_MS);
    expect([steps, ends]).toEqual([250, 2]);
  });

  it('is resumed soon after a failure, which it tells', async () => {
    const failure = new Error('the database is away');
    start((step) => (step === 2 ? Promise.reject(failure) : Promise.resolve(step < 4)));
    await pass(MINUTE_MS / 2);
    expect([steps, ends]).toEqual([2, 1]);
    expect(logger.warn).toHaveBeenCalledWith(expect.objectContaining({ job: 'test', err: failure }));
    await pass(RESUME_MS);
    expect([steps, ends]).toEqual([4, 2]);
  });

  it('stops before its first run', async () => {
    await start(nothingLeft).stop();
    await pass(2 * INTERVAL_MS);
    expect(steps).toBe(0);
  });

  it('stops within a run: the step under way hears of it and is waited for, no other follows', async () => {
    let finish: (isMoreLeft: boolean) => void = () => undefined;
    let told: AbortSignal | undefined;
    const started = start((_step, signal) => {
      told = signal;
      return new Promise((resolve) => (finish = resolve));
    });
    await pass(MINUTE_MS / 2);
    expect([steps, told?.aborted]).toEqual([1, false]);
    let isStopped = false;
    const stopped = started.stop().then(() => (isStopped = true));
    await pass(0);
    expect([told?.aborted, isStopped]).toEqual([true, false]);
    finish(true);
    await stopped;
    await pass(2 * INTERVAL_MS);
    expect([steps, ends]).toEqual([1, 1]);
  });

  it('does not tell of a step that fails because it was aborted', async () => {
    const started = start((_step, signal) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('aborted')));
      });
    });
    await pass(MINUTE_MS / 2);
    await started.stop();
    expect(logger.warn).not.toHaveBeenCalled();
  });
});
