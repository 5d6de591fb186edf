import type { Target } from './processes';
import { throughput, type Load } from './throughput';

/** What the parts of the bench are given. */
export interface Bench {
  readonly rounds: number;
  readonly seconds: number;
  /** How many users the part with many of them makes. */
  readonly users: number;
  readonly databaseUrl: string;
  /** The service as it is set up by default. */
  readonly service: Target;
  /** The floors: from memory, and with one statement. */
  readonly memory: Target;
  readonly statement: Target;
  /** A user of the service. */
  readonly person: Person;
  /** Starts a further server that ends with the bench. */
  start(what: Promise<Target>): Promise<Target>;
  say(text: string): void;
}

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
  /** As the service answers it. */
  readonly user: unknown;
}

/** One part: answers rows of the table (name, least, median, greatest, mark). */
export type Part = (bench: Bench) => Promise<string[][]>;

export const SECRET = 'the-secret-of-the-benchmark-0123456789';

const WARM_UP_SECONDS = 2;

/** A call of `POST /auth/validate`. */
export function validate(token: string): Load {
  return {
    name: 'validate',
    method: 'POST',
    path: '/auth/validate',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  };
}

/** A `GET` with the token as its bearer. */
export function bearerGet(name: string, path: string, token: string): Load {
  return { name, method: 'GET', path, headers: { authorization: `Bearer ${token}` } };
}

/** A server and what it is sent. */
export type Side = readonly [name: string, target: Target, load: Load];

/** Requests per second of several sides in turn, round by round; each is warmed up first. */
export async function inTurn(bench: Bench, title: string, sides: readonly Side[]): Promise<number[][]> {
  for (const [, target, load] of sides) await throughput(target, load, WARM_UP_SECONDS);
  const rounds: number[][] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    const rates: number[] = [];
    for (const [, target, load] of sides) rates.push(await throughput(target, load, bench.seconds));
    const told = sides.map(([name], at) => `${name} ${rates[at]!.toFixed(0)}/s`);
    bench.say(`${title} round ${round}: ${told.join(', ')}\n`);
    rounds.push(rates);
  }
  return rounds;
}
