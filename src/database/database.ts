import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { Pool, QueryResult } from 'pg';
import { AppError } from '../common/errors/app-error';
import { traced } from '../common/tracing/tracing';
import { timeFor } from '../common/deadline';
import { DatabaseConfig } from '../config/database.config';
import { type BoundedClient, DatabaseTimeoutError, withinDatabaseLimit } from './bounded-client';
import { isReadOnly, isRetryable } from './postgres-errors';
import { poolOf } from './postgres-driver';
import { commitWithEnds } from './transaction-end';

/** A named statement, prepared once per connection. */
export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
}

/** The parameters of a statement, or what makes them. */
export type StatementValues = readonly unknown[] | (() => readonly unknown[]);

/** Limit of a transaction, as a multiple of the statement limit. */
const TRANSACTION_FACTOR = 1.25;
const MAX_ATTEMPTS = 3;
/** Maximum number of requests waiting for a connection, per connection of the pool. */
const WAITERS_PER_CONNECTION = 20;

/**
 * The only access to the database. Every step (a statement, a read, a transaction) has its own limit, and never exceeds the
 * request's deadline.
 */
@Injectable()
export class Database {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: DatabaseConfig,
  ) {}

  /**
   * Runs one prepared statement in its own transaction: the usual path of a request, which holds no locks. After a serialization
   * failure or a deadlock, runs it again.
   *
   * @param values as a function: made when there is a connection
   */
  async statement<Row>(statement: PreparedStatement, values: StatementValues): Promise<Row[]> {
    const { name, text } = statement;
    const facts = { 'db.system.name': 'postgresql', 'db.operation.name': name, 'db.query.text': text };
    const { rows } = await traced(`statement ${name}`, 'client', facts, () =>
      this.retried(() => this.bounded((pool) => query(pool, statement, values))),
    );
    return rows as Row[];
  }

  /**
   * Waits for a read shared by several requests, until the current request's deadline. The span of its statement belongs to no
   * request.
   */
  shared<T>(read: () => Promise<T>): Promise<T> {
    const limit = this.limit();
    const wait = () => (limit < this.config.timeoutMs ? withinDatabaseLimit(limit, read()) : read());
    return traced('shared read', 'internal', {}, wait);
  }

  /** Reads through TypeORM, outside a transaction. */
  read<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return traced('read', 'internal', {}, () => this.bounded(() => work(this.dataSource.manager)));
  }

  /**
   * Runs work in a transaction and commits it. After a serialization failure or a deadlock, runs it again from the start.
   * No network call and no hashing inside.
   */
  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return traced('transaction', 'internal', {}, () => this.attempts(work));
  }

  private attempts<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.limit(TRANSACTION_FACTOR);
    return this.retried((limitMs) => withinDatabaseLimit(limitMs, this.attempt(work, limitMs)), deadline);
  }

  private async retried<T>(
    attempt: (limitMs: number) => Promise<T>,
    deadline = Date.now() + this.config.timeoutMs,
  ): Promise<T> {
    for (let n = 1; ; n++) {
      try {
        return await attempt(deadline - Date.now());
      } catch (error) {
        if (!isRetryable(error) || n === MAX_ATTEMPTS || Date.now() >= deadline) throw error;
      }
    }
  }

  private async attempt<T>(work: (manager: EntityManager) => Promise<T>, limitMs: number): Promise<T> {
    this.pool();
    const runner = this.dataSource.createQueryRunner();
    const late = new DatabaseTimeoutError('a transaction', limitMs);
    const timer = setTimeout(() => void close(runner, late).catch(() => undefined), limitMs);
    try {
      await runner.startTransaction();
      const result = await work(runner.manager);
      await commitWithEnds(runner.manager, () => runner.commitTransaction());
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      if (isReadOnly(error)) void this.dropIdleConnections();
      throw error;
    } finally {
      clearTimeout(timer);
      await runner.release();
    }
  }

  private async bounded<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
    try {
      return await withinDatabaseLimit(this.limit(), work(this.pool()));
    } catch (error) {
      if (isReadOnly(error)) void this.dropIdleConnections();
      throw error;
    }
  }

  /** Limit of one step in milliseconds: never more than the request has left. */
  private limit(factor = 1): number {
    const limit = timeFor(this.config.timeoutMs * factor);
    if (limit <= 0) throw new DatabaseTimeoutError('the request', 0);
    return limit;
  }

  /** Closes idle connections after a read-only server was found: each would find out only at its next use. */
  private async dropIdleConnections(): Promise<void> {
    try {
      const pool = poolOf(this.dataSource);
      for (let left = pool.totalCount; left > 0 && pool.idleCount > 0; left--) {
        (await pool.connect()).release(true);
      }
    } catch {
      // the next use of a connection finds out
    }
  }

  /** The connection pool; refuses when it is not open or too many requests wait. */
  private pool(): Pool {
    if (!this.dataSource.isInitialized) {
      throw new AppError('service-unavailable', { reason: 'database not ready' });
    }
    const pool = poolOf(this.dataSource);
    if (pool.waitingCount >= this.config.poolSize * WAITERS_PER_CONNECTION) {
      throw new AppError('overloaded', { reason: 'database pool' });
    }
    return pool;
  }
}

async function query(
  pool: Pool,
  statement: PreparedStatement,
  values: StatementValues,
): Promise<QueryResult> {
  if (typeof values !== 'function') return pool.query({ ...statement, values: values as unknown[] });
  const client = await pool.connect();
  try {
    const result = await client.query({ ...statement, values: values() as unknown[] });
    client.release();
    return result;
  } catch (error) {
    client.release(true); // as `pool.query` does
    throw error;
  }
}

/** Closes a transaction's connection, so that the pool drops it; a running statement fails. */
async function close(runner: QueryRunner, error: Error): Promise<void> {
  const client = (await runner.connect()) as BoundedClient;
  await client.close(error);
}
