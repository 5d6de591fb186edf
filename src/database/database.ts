import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { Pool } from 'pg';
import { AppError } from '../common/errors/app-error';
import { within } from '../common/within';
import { DatabaseConfig } from '../config/database.config';
import { DatabaseTimeoutError } from './bounded-client';
import { isRetryable } from './postgres-errors';

/** A statement that PostgreSQL prepares once per connection under its name. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** A transaction takes this many times the limit of one statement at most. */
const TRANSACTION_FACTOR = 1.25;
const MAX_ATTEMPTS = 3;
/** Requests that may wait for a connection, per connection of the pool. */
const WAITERS_PER_CONNECTION = 20;

/**
 * The one way to the database. Every step (a statement, a read, a transaction) ends within a limit; a request makes
 * three steps at most, so that every answer comes within the 5 s of the contract.
 */
@Injectable()
export class Database {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: DatabaseConfig,
  ) {}

  /** Runs one prepared statement; for the reads on the usual path of a request. */
  async statement<Row>(statement: PreparedStatement, values: readonly unknown[]): Promise<Row[]> {
    const pool = this.pool();
    const { rows } = await this.withinLimit(pool.query({ ...statement, values: values as unknown[] }));
    return rows as Row[];
  }

  /** Reads through TypeORM, outside a transaction. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    this.pool();
    return this.withinLimit(work(this.dataSource.manager));
  }

  /**
   * Runs work in a transaction and commits it. A serialization failure or a deadlock is tried again, from the start.
   * No network call and no hashing inside.
   */
  async transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.config.timeoutMs * TRANSACTION_FACTOR;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work, deadline - Date.now());
      } catch (error) {
        if (!isRetryable(error) || attempt === MAX_ATTEMPTS || Date.now() >= deadline) throw error;
      }
    }
  }

  private async attempt<T>(work: (manager: EntityManager) => Promise<T>, limitMs: number): Promise<T> {
    this.pool();
    const runner = this.dataSource.createQueryRunner();
    const timer = setTimeout(() => void abort(runner, limitMs).catch(() => undefined), limitMs);
    try {
      await runner.startTransaction();
      const result = await work(runner.manager);
      await runner.commitTransaction();
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
      await runner.release();
    }
  }

  private withinLimit<T>(work: Promise<T>): Promise<T> {
    const { timeoutMs } = this.config;
    return within(timeoutMs, work, () => new DatabaseTimeoutError('the database', timeoutMs));
  }

  /** The pool of connections; refuses while there is none or too many already wait for it. */
  private pool(): Pool {
    if (!this.dataSource.isInitialized) {
      throw new AppError('service-unavailable', { reason: 'database not ready' });
    }
    const pool = (this.dataSource.driver as unknown as { master: Pool }).master;
    if (pool.waitingCount >= this.config.poolSize * WAITERS_PER_CONNECTION) {
      throw new AppError('overloaded', { reason: 'database pool' });
    }
    return pool;
  }
}

/** Closes the connection of a transaction that is over its time; its statement under way fails. */
async function abort(runner: QueryRunner, limitMs: number): Promise<void> {
  const client = (await runner.connect()) as { connection: { stream: { destroy(error: Error): void } } };
  client.connection.stream.destroy(new DatabaseTimeoutError('a transaction', limitMs));
}
