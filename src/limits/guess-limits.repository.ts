import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { LimitsConfig } from '../config/limits.config';
import { Database, type PreparedStatement } from '../database/database';

/** A guess that counts, by the keys of what it is counted for; without a source where that does not count. */
export interface CountedGuess {
  readonly subject: Buffer;
  readonly source: Buffer | undefined;
}

/** Whether a guess may be evaluated: then it is counted. */
export type Reservation = 'reserved' | 'subject-refused' | 'source-refused';

/** Why a guess may not be evaluated. */
export interface GuessState {
  readonly failures: number;
  /** Guesses under way. */
  readonly pending: number;
  /** Seconds until the next one; 0 or less when it need not wait. */
  readonly waitSeconds: number;
}

/**
 * A guess that nobody settled in this time was evaluated by a process that ended: it counts as a failure. Requests are answered
 * earlier.
 */
const LOST_AFTER = `interval '70 seconds'`;
const LOST = `(CASE WHEN g.reserved_at < now() - ${LOST_AFTER} THEN g.pending ELSE 0 END)`;
const FAILURES = `(g.failures + ${LOST})`;
const PENDING = `(g.pending - ${LOST})`;
const FAILED_AT = `(CASE WHEN ${LOST} > 0 THEN greatest(g.failed_at, g.reserved_at) ELSE g.failed_at END)`;
/** 1, 2, 4 … seconds. */
const NEXT_AT = `${FAILED_AT} + make_interval(secs => least($3::float8, power(2::float8, (${FAILURES} - $2::int)::float8)))`;

/** One statement: the row's lock decides between guesses at the same moment, on whichever replica. */
const RESERVE: PreparedStatement = {
  name: 'reserve-guess',
  text: `
    WITH subject AS (
      INSERT INTO guess_limits AS g (key, pending, reserved_at) VALUES ($1, 1, now())
      ON CONFLICT (key) DO UPDATE
      SET failures = ${FAILURES}, pending = ${PENDING} + 1, failed_at = ${FAILED_AT}, reserved_at = now()
      WHERE ${FAILURES} + ${PENDING} < least($2::int, $4::int)
        OR ${PENDING} = 0 AND ${FAILURES} < $4::int AND ${NEXT_AT} <= clock_timestamp()
      RETURNING g.key
    ), source AS (
      INSERT INTO request_limits AS r (key, count, expires_at)
      SELECT $5::bytea, 1, now() + make_interval(secs => $7::int) FROM subject WHERE $5 IS NOT NULL
      ON CONFLICT (key) DO UPDATE
      SET count = CASE WHEN r.expires_at <= now() THEN 1 ELSE r.count + 1 END,
          expires_at = CASE WHEN r.expires_at <= now() THEN excluded.expires_at ELSE r.expires_at END
      WHERE r.expires_at <= now() OR r.count < $6::int
      RETURNING r.key
    )
    SELECT EXISTS (SELECT FROM subject) AS subject, $5 IS NULL OR EXISTS (SELECT FROM source) AS source`,
};

const STATE: PreparedStatement = {
  name: 'guess-state',
  text: `
    SELECT ${FAILURES} AS failures, ${PENDING} AS pending,
      coalesce(ceil(extract(epoch FROM ${NEXT_AT} - clock_timestamp())), 0)::float8 AS "waitSeconds"
    FROM guess_limits g WHERE key = $1`,
};

const SETTLE_RIGHT: PreparedStatement = {
  name: 'settle-right-guess',
  text: `
    WITH subject AS (
      UPDATE guess_limits SET failures = 0, failed_at = NULL, pending = greatest(pending - 1, 0) WHERE key = $1 RETURNING key
    )
    UPDATE request_limits SET count = greatest(count - 1, 0) FROM subject WHERE request_limits.key = $2`,
};

const SETTLE_WRONG: PreparedStatement = {
  name: 'settle-wrong-guess',
  text: `
    UPDATE guess_limits
    SET failures = failures + 1, failed_at = clock_timestamp(), pending = greatest(pending - 1, 0), user_id = $2
    WHERE key = $1 RETURNING failures`,
};

const RELEASE: PreparedStatement = {
  name: 'release-guess',
  text: `
    WITH subject AS (
      UPDATE guess_limits SET pending = greatest(pending - 1, 0) WHERE key = $1 RETURNING key
    )
    UPDATE request_limits SET count = greatest(count - 1, 0) FROM subject WHERE request_limits.key = $2`,
};

/** The statements on `guess_limits`. */
@Injectable()
export class GuessLimitsRepository {
  constructor(
    private readonly database: Database,
    private readonly config: LimitsConfig,
  ) {}

  /** Counts a guess before it is evaluated, where the limits allow that. */
  async reserve({ subject, source }: CountedGuess): Promise<Reservation> {
    const { accountFailures, accountMaxWaitSeconds, accountGuesses, sourceFailures, sourceWindowSeconds } =
      this.config;
    const [row] = await this.database.statement<{ subject: boolean; source: boolean }>(RESERVE, [
      subject,
      accountFailures,
      accountMaxWaitSeconds,
      accountGuesses,
      source ?? null,
      sourceFailures,
      sourceWindowSeconds,
    ]);
    if (!row?.subject) return 'subject-refused';
    return row.source ? 'reserved' : 'source-refused';
  }

  /** Undefined when nothing is counted any more. */
  async findState(subject: Buffer): Promise<GuessState | undefined> {
    const { accountFailures, accountMaxWaitSeconds } = this.config;
    const [state] = await this.database.statement<GuessState>(STATE, [
      subject,
      accountFailures,
      accountMaxWaitSeconds,
    ]);
    return state;
  }

  /** A right guess ends the count of failures. */
  async settleRight({ subject, source }: CountedGuess): Promise<void> {
    await this.database.statement(SETTLE_RIGHT, [subject, source ?? null]);
  }

  /** Answers how many failures there are in a row. */
  async settleWrong({ subject }: CountedGuess, userId: string | undefined): Promise<number> {
    const [row] = await this.database.statement<{ failures: number }>(SETTLE_WRONG, [
      subject,
      userId ?? null,
    ]);
    return row?.failures ?? 0;
  }

  /** A guess that was not evaluated, or with `source` undefined none of that source, does not count. */
  async release({ subject, source }: CountedGuess): Promise<void> {
    await this.database.statement(RELEASE, [subject, source ?? null]);
  }

  /** Forgets what was counted; answers whether there was anything. */
  async delete(subject: Buffer, manager: EntityManager): Promise<boolean> {
    const [, count] = await manager.query<[unknown, number]>('DELETE FROM guess_limits WHERE key = $1', [
      subject,
    ]);
    return count > 0;
  }
}
