import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Database, type PreparedStatement } from '../database/database';
import type { MailKind, RequestKind } from './mail-kind';

/** What a mail tells besides name and code; no secrets but a hash on its way to a code. */
export type MailFacts = Readonly<Record<string, string>>;

/** A mail, or the request for one, to store. */
export interface NewMail {
  readonly kind: MailKind | RequestKind;
  /** Null: whoever has the address when it is the mail's turn, or nobody any more. */
  readonly userId: string | null;
  readonly address: string;
  readonly facts: MailFacts;
  /** The source that caused it, for the bound on mails of one source. */
  readonly source: string | null;
  /** Whether it counts against the bounds. */
  readonly isBounded: boolean;
  readonly code?: { readonly seed: Buffer; readonly hash: Buffer };
  readonly isPrepared: boolean;
  /** Of a notice that its user can cause as often as they like: no more of its kind are taken in an hour. */
  readonly mostAnHour?: number | undefined;
}

/** A mail whose turn it is. */
export interface DueMail {
  readonly id: string;
  readonly kind: string;
  readonly userId: string | null;
  readonly address: string;
  readonly facts: MailFacts;
  readonly source: string | null;
  readonly isBounded: boolean;
  readonly codeSeed: Buffer | null;
  readonly codeHash: Buffer | null;
  readonly createdAt: Date;
  readonly isPrepared: boolean;
  readonly attempts: number;
  /** Whether it is older than the time for which a mail is tried. */
  readonly isTooOld: boolean;
  /** Of its user; null without one. */
  readonly name: string | null;
}

/** How many are waiting, and since when the oldest. */
export interface QueueState {
  readonly waiting: number;
  readonly oldestSeconds: number;
  readonly lastError: string | null;
}

/** Requests of one source that wait for their turn: no more are taken. */
const MAX_WAITING = 200;
/** For how long a mail is tried, and then how long the row is kept, without contents. */
const TRIED = `interval '24 hours'`;
const KEPT = `interval '25 hours'`;

/** Of a mail `m` and its user `u`. */
const COLUMNS = `m.id, m.kind, m.user_id AS "userId", m.address, m.facts, m.source, m.is_bounded AS "isBounded",
  m.code_seed AS "codeSeed", m.code_hash AS "codeHash", m.created_at AS "createdAt",
  m.prepared_at IS NOT NULL AS "isPrepared", m.attempts, m.created_at < now() - ${TRIED} AS "isTooOld", u.name`;
const INSERT: PreparedStatement = {
  name: 'insert-mail',
  text: `INSERT INTO mails (kind, user_id, address, facts, source, is_bounded, code_seed, code_hash, prepared_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $9 THEN clock_timestamp() END
    WHERE CASE
      WHEN $6 THEN $5::text IS NULL OR (
        SELECT count(*) FROM (SELECT FROM mails WHERE is_bounded AND source = $5 AND prepared_at IS NULL LIMIT ${MAX_WAITING}) w
      ) < ${MAX_WAITING}
      ELSE $10::int IS NULL OR (
        SELECT count(*) FROM mails WHERE user_id = $2 AND kind = $1 AND created_at > now() - interval '1 hour') < $10
      END`,
};
const IS_DUE: PreparedStatement = {
  name: 'is-mail-due',
  text: 'SELECT EXISTS (SELECT FROM mails WHERE ended_at IS NULL AND next_attempt_at <= now()) AS due',
};
/** Answers a `QueueState`. */
export const QUEUE_STATE: PreparedStatement = {
  name: 'mail-queue-state',
  text: `SELECT count(*)::int AS waiting, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS "oldestSeconds",
      (SELECT last_error FROM mails WHERE ended_at IS NULL AND last_error IS NOT NULL ORDER BY next_attempt_at DESC LIMIT 1) AS "lastError"
    FROM mails WHERE ended_at IS NULL`,
};
const SENT: PreparedStatement = {
  name: 'mails-sent',
  text: `UPDATE mails SET ended_at = clock_timestamp(), outcome = 'sent', facts = '{}', code_seed = NULL, last_error = NULL
    WHERE id = ANY ($1::uuid[]) AND ended_at IS NULL`,
};
const GIVEN_UP: PreparedStatement = {
  name: 'mail-given-up',
  text: `UPDATE mails SET ended_at = clock_timestamp(), outcome = 'given-up', facts = '{}', code_seed = NULL, last_error = $2
    WHERE id = $1 AND ended_at IS NULL`,
};
const DEFERRED: PreparedStatement = {
  name: 'mails-deferred',
  text: `UPDATE mails SET next_attempt_at = clock_timestamp() + make_interval(secs => $2), last_error = $3, attempts = attempts - $4
    WHERE id = ANY ($1::uuid[]) AND ended_at IS NULL`,
};

/** The statements on `mails`. */
@Injectable()
export class MailsRepository {
  constructor(private readonly database: Database) {}

  /** In the caller's transaction, or by itself. */
  async insert(mail: NewMail, manager?: EntityManager): Promise<void> {
    const values = [
      mail.kind,
      mail.userId,
      mail.address,
      JSON.stringify(mail.facts),
      mail.source,
      mail.isBounded,
      mail.code?.seed ?? null,
      mail.code?.hash ?? null,
      mail.isPrepared,
      mail.mostAnHour ?? null,
    ];
    if (manager) await manager.query(INSERT.text, values);
    else await this.database.statement(INSERT, values);
  }

  async isDue(): Promise<boolean> {
    const [row] = await this.database.statement<{ due: boolean }>(IS_DUE, []);
    return row?.due === true;
  }

  async findState(): Promise<QueueState> {
    const [row] = await this.database.statement<QueueState>(QUEUE_STATE, []);
    if (!row) throw new Error('the server answered nothing');
    return row;
  }

  /** Locks the mails whose turn it is, in order. */
  lockDue(limit: number, manager: EntityManager): Promise<DueMail[]> {
    return manager.query<DueMail[]>(
      `SELECT ${COLUMNS} FROM mails m LEFT JOIN users u ON u.id = m.user_id
       WHERE m.ended_at IS NULL AND m.next_attempt_at <= now()
       ORDER BY m.next_attempt_at, m.created_at LIMIT $1 FOR UPDATE OF m SKIP LOCKED`,
      [limit],
    );
  }

  /** Keeps others from mails while they are sent, for so many seconds; answers them. */
  async claim(ids: readonly string[], seconds: number, manager: EntityManager): Promise<DueMail[]> {
    await manager.query(
      `UPDATE mails SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + make_interval(secs => $2)
       WHERE id = ANY ($1::uuid[])`,
      [ids, seconds],
    );
    return manager.query<DueMail[]>(
      `SELECT ${COLUMNS} FROM mails m LEFT JOIN users u ON u.id = m.user_id
       WHERE m.id = ANY ($1::uuid[]) ORDER BY m.created_at`,
      [ids],
    );
  }

  /** How many mails went to an address, and were caused by a source, in the last hour and day. */
  async countBounded(
    { address, source }: Pick<DueMail, 'address' | 'source'>,
    manager: EntityManager,
  ): Promise<{ addressHour: number; addressDay: number; sourceHour: number }> {
    const [row] = await manager.query<{ addressHour: number; addressDay: number; sourceHour: number }[]>(
      `SELECT
         (SELECT count(*)::int FROM mails WHERE is_bounded AND address = $1 AND prepared_at > now() - interval '1 hour') AS "addressHour",
         (SELECT count(*)::int FROM mails WHERE is_bounded AND address = $1 AND prepared_at > now() - interval '1 day') AS "addressDay",
         (SELECT count(*)::int FROM mails WHERE is_bounded AND source = $2 AND prepared_at > now() - interval '1 hour') AS "sourceHour"`,
      [address, source],
    );
    if (!row) throw new Error('the server answered nothing');
    return row;
  }

  /** Whether a user got a mail of a kind in the last 10 minutes, or is about to. */
  async hasRecent(kind: MailKind, userId: string, manager: EntityManager): Promise<boolean> {
    const [row] = await manager.query<{ recent: boolean }[]>(
      `SELECT EXISTS (SELECT FROM mails
         WHERE kind = $1 AND user_id = $2 AND prepared_at > now() - interval '10 minutes') AS recent`,
      [kind, userId],
    );
    return row?.recent === true;
  }

  /** Makes a mail of a request. */
  async updatePrepared(
    id: string,
    mail: {
      readonly kind: MailKind;
      readonly userId: string;
      readonly facts: MailFacts;
      readonly code?: NonNullable<NewMail['code']> | undefined;
    },
    manager: EntityManager,
  ): Promise<void> {
    await manager.query(
      `UPDATE mails SET kind = $2, user_id = $3, facts = $4, code_seed = $5, code_hash = $6, prepared_at = clock_timestamp()
       WHERE id = $1`,
      [
        id,
        mail.kind,
        mail.userId,
        JSON.stringify(mail.facts),
        mail.code?.seed ?? null,
        mail.code?.hash ?? null,
      ],
    );
  }

  async delete(id: string, manager: EntityManager): Promise<void> {
    await manager.query('DELETE FROM mails WHERE id = $1', [id]);
  }

  async updateSent(ids: readonly string[]): Promise<void> {
    await this.database.statement(SENT, [ids]);
  }

  /** In the caller's transaction, or by itself. */
  async updateGivenUp(id: string, error: string, manager?: EntityManager): Promise<void> {
    if (manager) await manager.query(GIVEN_UP.text, [id, error]);
    else await this.database.statement(GIVEN_UP, [id, error]);
  }

  /** Lets mails wait; `untried`: they were claimed, but not tried. */
  async updateDeferred(
    ids: readonly string[],
    {
      seconds,
      error,
      untried,
    }: { readonly seconds: number; readonly error: string; readonly untried: boolean },
  ): Promise<void> {
    await this.database.statement(DEFERRED, [ids, seconds, error, untried ? 1 : 0]);
  }

  /** Removes at most `limit` that ended long enough ago; answers how many. */
  async deleteEnded(limit: number, manager: EntityManager): Promise<number> {
    const [, count] = await manager.query<[unknown, number]>(
      `DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE ended_at < now() - ${KEPT} LIMIT $1)`,
      [limit],
    );
    return count;
  }
}
