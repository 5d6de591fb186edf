import type { Logger } from '@nestjs/common';

/** Maximum number of steps per run. */
const MAX_STEPS = 200;
/** Pause before the next run when a run did not finish. */
const RESUME_MS = 10_000;
/** The first run starts within this time, so that a frequently restarted service runs its jobs too. */
const FIRST_RUN_WITHIN_MS = 60_000;

/** Work that runs periodically. */
export interface RunnableJob {
  /** For the log. */
  readonly name: string;
  /** From the end of a run to the start of the next. */
  readonly intervalMs: number;
  /** Called at the end of a run, also when a step failed. */
  runEnded?(): void;
}

/** Runs one step; answers whether more is left. */
export type RunStep = (signal: AbortSignal) => Promise<boolean>;

/**
 * Runs a job: first after a random delay, so that replicas started together do not run it together, then at its interval. A run
 * executes steps until nothing is left. It is resumed soon when a step failed, or when it needs more steps than one run has.
 */
export class JobRunner {
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;

  constructor(
    private readonly job: RunnableJob,
    private readonly step: RunStep,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  start(): void {
    this.schedule(Math.random() * Math.min(FIRST_RUN_WITHIN_MS, this.job.intervalMs));
  }

  /** Prevents further runs and steps, aborts the current one, and resolves when it has ended. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.underWay;
  }

  private schedule(delayMs: number): void {
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.underWay = this.runAndSchedule();
    }, delayMs);
    this.timer.unref();
  }

  private async runAndSchedule(): Promise<void> {
    const { intervalMs } = this.job;
    const isDone = await this.run();
    this.schedule(isDone ? intervalMs : Math.min(RESUME_MS, intervalMs));
  }

  /** Answers false when something is left. */
  private async run(): Promise<boolean> {
    const { signal } = this.stopping;
    try {
      for (let step = 0; step < MAX_STEPS && !signal.aborted; step++) {
        if (!(await this.step(signal))) return true;
      }
      return false;
    } catch (error) {
      if (!signal.aborted)
        this.logger.warn({ msg: 'a job failed and will be resumed', job: this.job.name, err: error });
      return false;
    } finally {
      this.job.runEnded?.();
    }
  }
}
