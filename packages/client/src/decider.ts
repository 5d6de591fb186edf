import type { Decision } from './answers';
import { BatchFailure, type Asker, type Flight } from './asker';
import type { Deadline } from './deadline';
import { AttemptFailure } from './errors';
import type { Transport } from './transport';
import type { TokenKind } from './types';

/** Where no answer has come for so long, another attempt runs beside. */
const HEDGE_MS = 1_000;
const MOST_BESIDE = 3;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** A decision, and when the question was sent. */
export interface Decided {
  readonly decision: Decision;
  readonly begun: Flight['begun'];
}

/** What is asked. */
export interface Asked {
  readonly token: string;
  readonly fresh: boolean;
  readonly accept: readonly TokenKind[] | undefined;
}

type Outcome = { readonly decided: Decided } | { readonly failure: AttemptFailure };

/** Asks until there is a decision or the caller's time is over: validation changes nothing, so every attempt is safe. */
export class Decider {
  constructor(
    private readonly transport: Transport,
    private readonly asker: Asker,
  ) {}

  /** Answers a decision. Throws an AttemptFailure where there is none in time. */
  async decide(asked: Asked, deadline: Deadline): Promise<Decided> {
    const attempts = new Set<Promise<Outcome>>();
    let failure: AttemptFailure | undefined;
    let failures = 0;
    let alone = false;
    for (;;) {
      if (deadline.leftMs <= 0) throw failure ?? new AttemptFailure('timeout', 'no decision in time');
      if (attempts.size < MOST_BESIDE) {
        await this.waitForBreaker(deadline, failure);
        attempts.add(this.attempt(asked, deadline.leftMs, alone, attempts));
      }
      const outcome = await this.firstOf(attempts, deadline);
      if (outcome === undefined) {
        this.transport.pick().avoid();
        continue;
      }
      if ('decided' in outcome) return outcome.decided;
      failure = outcome.failure;
      if (!failure.again) throw failure;
      alone ||= failure instanceof BatchFailure;
      await this.pause(deadline, failure, failures++);
    }
  }

  private firstOf(attempts: ReadonlySet<Promise<Outcome>>, deadline: Deadline): Promise<Outcome | undefined> {
    const ms = attempts.size < MOST_BESIDE ? HEDGE_MS : deadline.leftMs;
    return deadline.first([...attempts], ms);
  }

  private attempt(
    { token, fresh, accept }: Asked,
    limitMs: number,
    alone: boolean,
    attempts: Set<Promise<Outcome>>,
  ): Promise<Outcome> {
    const outcome = this.ask({ token, fresh, accept }, limitMs, alone).then(
      (decided): Outcome => ({ decided }),
      (error: unknown): Outcome => {
        attempts.delete(outcome);
        return {
          failure: error instanceof AttemptFailure ? error : new AttemptFailure('service', 'no decision'),
        };
      },
    );
    return outcome;
  }

  private async ask({ token, fresh, accept }: Asked, limitMs: number, alone: boolean): Promise<Decided> {
    if (accept === undefined) {
      const flight = this.asker.ask({ token, limitMs, fresh, alone });
      const decision = await flight.answer;
      return { decision, begun: flight.begun };
    }
    const begun = { steady: performance.now(), wall: Date.now() };
    return { decision: await this.asker.askOne(token, limitMs, accept), begun };
  }

  /** Where every address is left alone: waits until one is not, unless that is too late for the caller. */
  private async waitForBreaker(deadline: Deadline, failure: AttemptFailure | undefined): Promise<void> {
    for (let openMs = this.transport.openMs; openMs > 0; openMs = this.transport.openMs) {
      if (openMs >= deadline.leftMs) {
        if (failure) throw failure;
        throw new AttemptFailure(
          'circuit-open',
          'the auth service has failed too often',
          Math.ceil(openMs / 1000),
        );
      }
      await deadline.first([], openMs + 1);
    }
  }

  /** Before the next attempt: none while there is another address, else longer each time. */
  private async pause(deadline: Deadline, failure: AttemptFailure, failures: number): Promise<void> {
    if (failures < this.transport.bases.length - 1 || (failures === 0 && failure instanceof BatchFailure))
      return;
    const grown = FIRST_PAUSE_MS * 2 ** Math.min(failures, 10) * (0.5 + Math.random() / 2);
    const pauseMs = Math.min(
      Math.max(grown, failure.retryAfter > 0 ? LONGEST_PAUSE_MS / 2 : 0),
      LONGEST_PAUSE_MS,
    );
    if (pauseMs >= deadline.leftMs) throw failure;
    await deadline.first([], pauseMs);
  }
}
