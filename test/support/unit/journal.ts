import type { EntityManager } from 'typeorm';
import type { Audit } from '../../../src/audit/audit';
import { AppError } from '../../../src/common/errors/app-error';
import type { ErrorCode } from '../../../src/common/errors/error-catalog';
import type { Database } from '../../../src/database/database';

/** What a fake answers: as much of it as the test is about. */
type Part<Value> = Value extends Buffer | Date | Map<unknown, unknown> | ((...all: never[]) => unknown)
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: Part<Value[Key]> }
    : Value;
type Answer<Result> = Result extends Promise<infer Value> ? Promise<Part<Value>> : Part<Result>;
/** The calls that a test plans, with their answers. */
export type Plan<Neighbour> = {
  readonly [Key in keyof Neighbour]?: Neighbour[Key] extends (...all: infer Given) => infer Result
    ? (...all: Given) => Answer<Result>
    : Part<Neighbour[Key]>;
};

/** An act that is one statement with its event. */
type AnAct<T> = (row: () => string) => Promise<T | undefined>;

/** What test runners and promises ask of any object. */
const ASKED_OF_ALL = new Set<string | symbol>(['then', 'toJSON', 'asymmetricMatch', '$$typeof', 'nodeType']);

/**
 * The neighbours of a use case, and what it did to them, in order. They are strict: a call that a test has not planned fails, and
 * stands in the journal even if the use case catches that.
 */
export class Journal {
  /**
   * Each call as `neighbour.method`; `tx` before it: it got the manager of the transaction that is open, and belongs to it. Beside
   * them BEGIN, COMMIT and ROLLBACK; `with audit …` stands behind a statement that has written its event.
   */
  readonly acts: string[] = [];
  /** What was recorded, as it stands after the transactions: what was rolled back is gone. */
  readonly events: object[] = [];
  /** The manager of the transactions; nobody may ask it for more than the test has planned. */
  readonly manager: EntityManager;
  private readonly calls = new Map<string, unknown[][]>();
  private pending: object[] | undefined;

  constructor(statements: Plan<EntityManager> = {}) {
    this.manager = this.fake<EntityManager>('manager', statements);
  }

  /** A neighbour that answers what is planned. */
  fake<Neighbour extends object>(name: string, plan: Plan<Neighbour> = {}): Neighbour {
    return new Proxy(plan, {
      get: (planned, key) => {
        const value = (planned as Record<string | symbol, unknown>)[key];
        if (typeof key === 'symbol' || ASKED_OF_ALL.has(key)) return value;
        const call = `${name}.${key}`;
        if (!(key in planned)) throw this.unplanned(call);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          this.note(call, given);
          return (value as (...all: unknown[]) => unknown)(...given);
        };
      },
    }) as Neighbour;
  }

  /** The database: work runs at once, and is committed unless it throws. */
  database(plan: Plan<Database> = {}): Database {
    const transaction = async <T>(work: (manager: EntityManager) => Promise<T>): Promise<T> => {
      if (this.pending) throw this.unplanned('database.transaction within a transaction');
      this.pending = [];
      this.acts.push('BEGIN');
      try {
        const result = await work(this.manager);
        this.acts.push('COMMIT');
        this.events.push(...this.pending);
        return result;
      } catch (error) {
        this.acts.push('ROLLBACK');
        throw error;
      } finally {
        this.pending = undefined;
      }
    };
    const rest = this.fake<Database>('database', plan);
    return new Proxy(rest, {
      get: (target, key, proxy): unknown =>
        key === 'transaction' ? transaction : Reflect.get(target, key, proxy),
    });
  }

  /** The audit log. */
  audit(): Audit {
    return {
      record: (event: { readonly type: string }, facts: object, manager?: EntityManager) => {
        this.note(`audit ${event.type}`, [event, facts, manager]);
        const recorded = { type: event.type, ...facts };
        (manager && this.pending ? this.pending : this.events).push(recorded);
        return Promise.resolve();
      },
      recordWith: async <T>(event: { readonly type: string }, facts: object, act: AnAct<T>) => {
        const answer = await act(() => 'row');
        if (answer === undefined) return undefined;
        this.acts.push(`with audit ${event.type}`);
        this.events.push({ type: event.type, ...facts });
        return answer;
      },
    } as Partial<Audit> as Audit;
  }

  /** What a call was given each time, without the manager. */
  given(call: string): unknown[][] {
    return this.calls.get(call) ?? [];
  }

  private note(call: string, given: readonly unknown[]): void {
    const isOfTransaction = this.pending !== undefined && given.includes(this.manager);
    this.acts.push(isOfTransaction ? `tx ${call}` : call);
    const known = this.calls.get(call) ?? [];
    this.calls.set(call, [...known, given.filter((one) => one !== this.manager)]);
  }

  private unplanned(call: string): Error {
    this.acts.push(`UNPLANNED ${call}`);
    return new Error(`the test has not planned ${call}`);
  }
}

/** An answer that is always the same. */
export function answers<Value>(value: Value): () => Promise<Value> {
  return () => Promise.resolve(value);
}

/** The answer of a call that answers nothing. */
export const done = (): Promise<void> => Promise.resolve();

/** The answer of a call that refuses. */
export function refuses(code: ErrorCode): () => Promise<never> {
  return () => Promise.reject(new AppError(code));
}

/** How a use case ended that must refuse: by an error of the service with this code. */
export async function refusalOf(work: Promise<unknown>): Promise<AppError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
