import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { tryLockForTransaction, type AdvisoryLock } from '../database/advisory-locks';
import { Database } from '../database/database';
import { JobRunner, type RunnableJob, type RunStep } from './job-runner';

/** Periodic work of one process at a time, in steps of one transaction each. */
export interface PeriodicJob extends RunnableJob {
  /** Held during each step; its holder is the leader. */
  readonly lock: AdvisoryLock;
  /** Runs one step within the limit of a transaction; answers whether more is left. The signal aborts at shutdown. */
  step(manager: EntityManager, signal: AbortSignal): Promise<boolean>;
}

/** Runs the periodic jobs, and stops them at shutdown, before the database is closed. */
@Injectable()
export class JobsService implements OnApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private readonly runners: JobRunner[] = [];

  constructor(private readonly database: Database) {}

  /** Starts running a job. */
  schedule(job: PeriodicJob): void {
    this.run(job, (signal) => this.lead(job, signal));
  }

  /** Starts running a job whose steps are no transactions, and that finds out by itself who does what. */
  run(job: RunnableJob, step: RunStep): void {
    const runner = new JobRunner(job, step, this.logger);
    this.runners.push(runner);
    runner.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
  }

  /** Runs a step, unless another process is the leader: then answers that nothing is left. */
  private lead(job: PeriodicJob, signal: AbortSignal): Promise<boolean> {
    return this.database.transaction(async (manager) => {
      const isLeader = await tryLockForTransaction(job.lock, manager);
      return isLeader && job.step(manager, signal);
    });
  }
}
