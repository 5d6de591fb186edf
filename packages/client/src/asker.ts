import { readDecision, readDecisions, type Decision } from './answers';
import { AttemptFailure } from './errors';
import { now, since, type Moment } from './moment';
import type { Transport } from './transport';
import type { TokenKind } from './types';

/** Callers share the question of another about the same token when that is younger than this. */
const JOIN_MS = 500;
const MOST_TOKENS = 100;
/** The service takes bodies of 1 MiB. */
const MOST_BYTES = 900_000;

/** One question about one token, for all who ask it at the same time. */
export class Flight {
  begun: Moment = now();
  sent = false;
  readonly answer: Promise<Decision>;
  decide: (decision: Decision) => void = () => undefined;
  fail: (failure: AttemptFailure) => void = () => undefined;

  constructor(
    readonly token: string,
    readonly limitMs: number,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.decide = resolve;
      this.fail = reject;
    });
    this.answer.catch(() => undefined); // whoever waited may have left
  }
}

/** How to ask about a token. */
export interface Question {
  readonly token: string;
  /** Limit of the request, in milliseconds. */
  readonly limitMs: number;
  /** Whether the answer must come from a request that begins now. */
  readonly fresh?: boolean;
  /** Whether it must not share a request with other tokens. */
  readonly alone?: boolean;
}

/** Asks the service about tokens: each once at a time, and those of one turn of the event loop together. */
export class Asker {
  private readonly flights = new Map<string, Flight>();
  private waiting: Flight[] = [];

  /** @param isOvertaken whether the feed has told, since a question was sent, that answers to it are over */
  constructor(
    private readonly transport: Transport,
    private readonly isOvertaken: (flight: Flight) => boolean,
  ) {}

  /** Asks about a token of a user. */
  ask({ token, limitMs, fresh = false, alone = false }: Question): Flight {
    const present = this.flights.get(token);
    if (present && !alone && this.canJoin(present, fresh)) return present;
    const flight = new Flight(token, limitMs);
    this.flights.set(token, flight);
    const leave = () => {
      if (this.flights.get(token) === flight) this.flights.delete(token);
    };
    flight.answer.then(leave, leave);
    if (alone) void this.send([flight]);
    else this.enqueue(flight);
    return flight;
  }

  /** Asks about one token by itself; with `accept` it may be a service account's. */
  async askOne(token: string, limitMs: number, accept?: readonly TokenKind[]): Promise<Decision> {
    const base = this.transport.pick();
    const body = JSON.stringify({ token, ...(accept && { accept }) });
    const outgoing = { method: 'POST', path: '/auth/validate', body } as const;
    const decision = readDecision(await this.transport.ask(base, outgoing, limitMs));
    if (decision === undefined) throw malformed(base);
    base.succeeded();
    return decision;
  }

  private canJoin(flight: Flight, fresh: boolean): boolean {
    if (!flight.sent) return true;
    return !fresh && since(flight.begun) < JOIN_MS && !this.isOvertaken(flight);
  }

  private enqueue(flight: Flight): void {
    this.waiting.push(flight);
    if (this.waiting.length > 1) return;
    setImmediate(() => {
      const { waiting } = this;
      this.waiting = [];
      for (const group of inGroups(waiting)) void this.send(group);
    });
  }

  private async send(group: readonly Flight[]): Promise<void> {
    const begun = now();
    for (const flight of group) Object.assign(flight, { begun, sent: true });
    try {
      const decisions = await this.askAll(group);
      group.forEach(({ decide }, at) => decide(decisions[at] as Decision));
    } catch (error) {
      const failure = error instanceof AttemptFailure ? error : new AttemptFailure('service', 'no decision');
      for (const { fail } of group) fail(group.length > 1 ? new BatchFailure(failure) : failure);
    }
  }

  private async askAll(group: readonly Flight[]): Promise<readonly Decision[]> {
    const limitMs = Math.max(...group.map((flight) => flight.limitMs));
    const tokens = group.map(({ token }) => token);
    if (group.length === 1) return [await this.askOne(tokens[0] as string, limitMs)];
    const base = this.transport.pick();
    const outgoing = {
      method: 'POST',
      path: '/auth/validate/batch',
      body: JSON.stringify({ tokens }),
    } as const;
    const decisions = readDecisions(await this.transport.ask(base, outgoing, limitMs), tokens.length);
    if (decisions === undefined) throw malformed(base);
    base.succeeded();
    return decisions;
  }
}

/** A batch fails as a whole when one of its tokens cannot be decided: the others are better asked about by themselves. */
export class BatchFailure extends AttemptFailure {
  constructor({ reason, message, retryAfter, again }: AttemptFailure) {
    super(reason, message, retryAfter, again);
  }
}

function malformed(base: { failed(): void }): AttemptFailure {
  base.failed();
  return new AttemptFailure('service', 'the answer is none of the auth service');
}

function* inGroups(waiting: readonly Flight[]): Generator<readonly Flight[]> {
  let group: Flight[] = [];
  let bytes = 0;
  for (const flight of waiting) {
    const length = flight.token.length + 4;
    if (group.length === MOST_TOKENS || (group.length > 0 && bytes + length > MOST_BYTES)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(flight);
    bytes += length;
  }
  if (group.length > 0) yield group;
}
