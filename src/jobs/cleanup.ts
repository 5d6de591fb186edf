import type { FactoryProvider, OnApplicationBootstrap, Type } from '@nestjs/common';
import { SessionConfig } from '../config/session.config';
import type { AdvisoryLock } from '../database/advisory-locks';
import { JobsService, type PeriodicJob } from './jobs.service';

/** Maximum number of rows that one step deletes per table. */
const BATCH = 500;

/** Deletes so many rows at most; answers how many. */
type Deletion = (limit: number, manager: Transaction) => Promise<number>;

type Transaction = Parameters<PeriodicJob['step']>[0];

/** Rows that are of no use any more. */
interface Cleanup<Repository> {
  /** For the log. */
  readonly name: string;
  readonly lock: AdvisoryLock;
  readonly repository: Type<Repository>;
  /** One for each table. */
  readonly deletions: (repository: Repository) => readonly Deletion[];
}

/** The provider of a job that deletes the rows of a room which are of no use any more, every `AUTH_CLEANUP_INTERVAL_SECONDS` (R69). */
export function cleanup<Repository>({
  name,
  lock,
  repository,
  deletions,
}: Cleanup<Repository>): FactoryProvider<OnApplicationBootstrap> {
  return {
    provide: Symbol(name),
    inject: [JobsService, SessionConfig, repository],
    useFactory: (
      jobs: JobsService,
      { cleanupIntervalSeconds }: SessionConfig,
      source: Repository,
    ): OnApplicationBootstrap => {
      const all = deletions(source);
      const step = async (manager: Transaction) => {
        let isMoreLeft = false;
        for (const remove of all) isMoreLeft = (await remove(BATCH, manager)) === BATCH || isMoreLeft;
        return isMoreLeft;
      };
      return {
        onApplicationBootstrap: () =>
          jobs.schedule({ name, lock, intervalMs: cleanupIntervalSeconds * 1000, step }),
      };
    },
  };
}
