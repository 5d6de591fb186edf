import type { Logger } from '@nestjs/common';

/** Steps of one run at most. */
const MAX_STEPS = 200;
/** The next run comes this soon when one did not come to its end. */
const RESUME_MS = 10_000;
/** The first run comes within this time of the start, so that a service that is often restarted runs its jobs as well. */
const FIRST_RUN_WITHIN_MS = 60_000;

/** What is run again and again. */
export interface RunnableJob {
  /** For the log. */
  readonly name: string;
  /** From the end of a run to the next one. */
  readonly intervalMs: number;
  /** Hears that a run is over, also when a step of it failed. */
  runEnded?(): void;
}

/** Does one step of a run; answers whether more is left. */
export type RunStep = (signal: AbortSignal) => Promise<boolean>;

/**
 * Runs a job: first at a random moment, so that replicas which start together do not run it together, then at its interval. A run
 * takes steps until nothing is left. It is resumed soon when a step failed, or when it takes more steps than one run has.
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

  /** Lets no further run or step begin, aborts the one under way, and settles when it has ended. */
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
