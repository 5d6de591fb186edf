import { generateKeyPairSync } from 'node:crypto';
import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Client } from 'pg';
import { createAuthClient } from '../packages/client/src';
import { numberOption, runCommand, say } from './command';
import { startService, type Target } from './processes';
import { ratioRow, spread, table } from './statistics';
import { throughput } from './throughput';

const HELP = `npm run bench:kit [-- --rounds N] [--seconds N] [answers] [double] [streams] [events]

Measures the client kit and the event feed beside one service, in one run, all parts or those that are named:
  answers  verify() in mode cached to mode remote, mode remote to a plain fetch per call (64 callers each), and an answer from
           memory to jose's verification of the same ES256 token
  double   the time until the test double is ready to that until the service is
  streams  validate with 500 open event streams to validate without
  events   10,000 events a second for 10 s to 500 streams: streams lost, and memory
Ends with 1 when a mark is missed.
`;

const CALLERS = 64;
const STREAMS = 500;
const EVENTS_PER_SECOND = 10_000;
const EVENT_SECONDS = 10;
const CHANNEL = 'promptstack_auth';
const ENVIRONMENT = { AUTH_PASSWORD_HASH_COST: '4', AUTH_RATE_LIMITS: 'false' };
const PARTS = { answers, double: doubleStart, streams, events };

interface Bench {
  readonly service: Target;
  readonly databaseUrl: string;
  readonly key: string;
  readonly tokens: readonly string[];
  readonly env: Record<string, string>;
  readonly rounds: number;
  readonly seconds: number;
}

/** A row of the table, and whether its mark is met. */
interface Row {
  readonly cells: string[];
  readonly isMet: boolean;
}

async function main(args: readonly string[]): Promise<void> {
  if (args[0] === 'follow') return follow(args[1] ?? '', args[2] ?? '');
  if (args.includes('--help')) return say(HELP);
  const named = Object.entries(PARTS).filter(([name]) => args.includes(name));
  const parts = named.length > 0 ? named : Object.entries(PARTS);
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-kit-'));
  const database = await startEmbeddedPostgres({ directory, durability: 'throwaway' });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const env = {
    ...ENVIRONMENT,
    DATABASE_URL: database.url,
    AUTH_JWT_ALGORITHM: 'ES256',
    AUTH_JWT_PRIVATE_KEY: pem,
  };
  let service: Target | undefined;
  try {
    service = await startService(env);
    const bench: Bench = {
      service,
      databaseUrl: database.url,
      key: makeKey(env),
      tokens: await signUp(service, CALLERS),
      env,
      rounds: numberOption(args, '--rounds', 3),
      seconds: numberOption(args, '--seconds', 2),
    };
    say(
      `Node ${process.version}, ${availableParallelism()} cores, ${bench.rounds} rounds of ${bench.seconds} s\n\n`,
    );
    const rows: Row[] = [];
    for (const [, part] of parts) rows.push(...(await part(bench)));
    say(`\n${table([['figure', 'min', 'median', 'max', 'mark'], ...rows.map(({ cells }) => cells)])}\n`);
    if (!rows.every(({ isMet }) => isMet)) process.exitCode = 1;
  } finally {
    service?.process.kill('SIGKILL');
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** How many times as many answers the kit gives as what it is compared with. */
async function answers({ service, key, tokens, rounds, seconds }: Bench): Promise<Row[]> {
  const cached = createAuthClient({ url: service.url, key });
  const remote = createAuthClient({ url: service.url, key, mode: 'remote' });
  await cached.ready();
  const ways = {
    cached: async (token: string) => (await cached.verify(token)).valid,
    remote: async (token: string) => (await remote.verify(token)).valid,
    plain: async (token: string) => isValid(service, token),
  };
  const toRemote: number[] = [];
  const toPlain: number[] = [];
  const toJose: number[] = [];
  const [token = ''] = tokens;
  const keys = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
  const jose = async () => void (await jwtVerify(token, keys, { issuer: 'promptstack-auth' }));
  await jose();
  try {
    for (let round = 1; round <= rounds; round++) {
      const [a, b, c] = [
        await rate(ways.cached, tokens, seconds),
        await rate(ways.remote, tokens, seconds),
        await rate(ways.plain, tokens, seconds),
      ];
      const memoryUs = await microseconds(() => cached.verify(token), 100_000);
      const joseUs = await microseconds(jose, 3_000);
      toRemote.push(a / b);
      toPlain.push(b / c);
      toJose.push(memoryUs / joseUs);
      say(
        `round ${round}: cached ${a.toFixed(0)}/s, remote ${b.toFixed(0)}/s, a fetch per call ${c.toFixed(0)}/s; from memory ${memoryUs.toFixed(2)} us, jose ${joseUs.toFixed(0)} us\n`,
      );
    }
  } finally {
    await cached.close();
    await remote.close();
  }
  return [
    row('cached to remote', toRemote, { least: 20 }),
    row('remote to a fetch per call, 64 callers', toPlain, { least: 2 }),
    row('an answer from memory to jose, ES256', toJose, { most: 1 / 20 }),
  ];
}

/** The start of the double to that of the service, on a database that is there. */
async function doubleStart({ env, rounds }: Bench): Promise<Row[]> {
  const ratios: number[] = [];
  const cli = join(__dirname, '../packages/client/src/test-double/cli.js');
  for (let round = 1; round <= rounds; round++) {
    const begin = performance.now();
    const service = await startService(env);
    const serviceMs = performance.now() - begin;
    service.process.kill('SIGKILL');
    const begin2 = performance.now();
    const double = spawn(process.execPath, [cli, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(double.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    await fetch(`${url}/health`);
    const doubleMs = performance.now() - begin2;
    double.kill('SIGTERM');
    ratios.push(doubleMs / serviceMs);
    say(`start ${round}: double ${doubleMs.toFixed(0)} ms, service ${serviceMs.toFixed(0)} ms\n`);
  }
  return [row('the double is ready to the service is', ratios, { most: 1 / 3 })];
}

/** What validate keeps of its rate while streams are open. */
async function streams({ service, key, tokens: [token = ''], rounds, seconds }: Bench): Promise<Row[]> {
  const load = {
    name: 'validate',
    method: 'POST',
    path: '/auth/validate',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  } as const;
  await throughput(service, load, 2); // to warm up
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const before = await throughput(service, load, seconds);
    const followers = await Followers.open(service, key);
    const during = await throughput(service, load, seconds);
    await followers.close();
    const after = await throughput(service, load, seconds);
    const without = (before + after) / 2;
    ratios.push(during / without);
    say(
      `streams ${round}: validate ${during.toFixed(0)}/s with ${STREAMS} streams, ${without.toFixed(0)}/s without\n`,
    );
  }
  return [row(`validate with ${STREAMS} streams to without`, ratios, { least: 0.95 })];
}

/** A flood of events: whether streams stay, and memory too. */
async function events({ service, key, databaseUrl }: Bench): Promise<Row[]> {
  const followers = await Followers.open(service, key);
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  const memory: number[] = [];
  const begin = performance.now();
  let sent = 0;
  for (let second = 1; second <= EVENT_SECONDS; second++) {
    while (performance.now() - begin < second * 1_000) {
      const due = Math.floor(((performance.now() - begin) / 1_000) * EVENTS_PER_SECOND) - sent;
      if (due > 0) await notify(database, due);
      sent += Math.max(0, due);
      await sleep(5);
    }
    memory.push(await residentMegabytes(service));
  }
  const seconds = (performance.now() - begin) / 1_000;
  await sleep(2_500);
  const { open, kinds, silentMs } = await followers.state();
  await followers.close();
  await database.end();
  say(
    `events: ${sent} in ${seconds.toFixed(1)} s; of ${STREAMS} streams ${open} are open, the longest silence ${silentMs} ms; each heard ${JSON.stringify(kinds)}; memory each second ${memory.map((megabytes) => megabytes.toFixed(0)).join(' ')} MB\n`,
  );
  const half = memory.length / 2;
  const [first, last] = [memory.slice(0, half), memory.slice(half)].map((list) => Math.max(...list));
  return [
    row('streams lost', [STREAMS - open], { most: 0 }),
    row('memory, second half to first half', [(last ?? 0) / (first ?? 1)], { most: 1.1 }),
    row('longest silence of a stream, s', [silentMs / 1_000], { most: 3 }),
  ];
}

/** Events as the triggers announce them, one session each. */
async function notify(database: Client, count: number): Promise<void> {
  await database.query(
    `SELECT pg_notify('${CHANNEL}', json_build_object('kind', 'session-ended', 'names', json_build_array(gen_random_uuid()))::text)
      FROM generate_series(1, $1::int)`,
    [count],
  );
}

interface FollowersState {
  readonly open: number;
  /** How many events of each kind a stream has heard, by the most of any. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly silentMs: number;
}

/** A process of its own with open event streams. */
class Followers {
  private constructor(private readonly child: ChildProcess) {}

  static async open(service: Target, key: string): Promise<Followers> {
    const child = fork(__filename, ['follow', service.url, key]);
    await once(child, 'message');
    return new Followers(child);
  }

  async state(): Promise<FollowersState> {
    const answer = once(this.child, 'message');
    this.child.send('state');
    return ((await answer) as [FollowersState])[0];
  }

  async close(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await ended;
    await sleep(200);
  }
}

/** What that process does. */
async function follow(url: string, key: string): Promise<void> {
  const heard: Record<string, number>[] = [];
  let open = 0;
  let silentMs = 0;
  const one = async () => {
    const response = await fetch(`${url}/auth/events`, { headers: { Authorization: `Bearer ${key}` } });
    if (response.status !== 200 || !response.body)
      throw new Error(`a stream was answered ${response.status}`);
    open++;
    const kinds: Record<string, number> = {};
    heard.push(kinds);
    let last = performance.now();
    const read = async () => {
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
        silentMs = Math.max(silentMs, performance.now() - last);
        last = performance.now();
        for (const [, kind = ''] of Buffer.from(bytes)
          .toString()
          .matchAll(/^event: (.*)$/gm))
          kinds[kind] = (kinds[kind] ?? 0) + 1;
      }
    };
    read().then(
      () => open--,
      () => open--,
    );
  };
  for (let n = 0; n < STREAMS; n += 50) await Promise.all(Array.from({ length: 50 }, one));
  process.on('message', () => {
    const kinds: Record<string, number> = {};
    for (const each of heard)
      for (const [kind, count] of Object.entries(each)) kinds[kind] = Math.max(kinds[kind] ?? 0, count);
    process.send?.({ open, kinds, silentMs: Math.round(silentMs) } satisfies FollowersState);
  });
  process.send?.('open');
}

async function residentMegabytes({ url }: Target): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1] ?? Number.NaN) / 2 ** 20;
}

/** Answers per second of so many callers, each with a token of its own. */
async function rate(
  ask: (token: string) => Promise<boolean>,
  tokens: readonly string[],
  seconds: number,
): Promise<number> {
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  let count = 0;
  const caller = async (token: string) => {
    for (let n = 1; performance.now() < end; n++) {
      if (!(await ask(token))) throw new Error('a good token was refused');
      count++;
      // What answers from memory would never let a timer or a socket have its turn.
      if (n % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(tokens.map(caller));
  return count / ((performance.now() - begin) / 1_000);
}

async function microseconds(act: () => Promise<unknown>, times: number): Promise<number> {
  const begin = performance.now();
  for (let n = 0; n < times; n++) await act();
  return ((performance.now() - begin) * 1_000) / times;
}

async function isValid({ url }: Target, token: string): Promise<boolean> {
  const response = await fetch(`${url}/auth/validate`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  return ((await response.json()) as { valid: boolean }).valid;
}

async function signUp({ url }: Target, count: number): Promise<string[]> {
  const one = async (n: number) => {
    const body = JSON.stringify({
      email: `u${n}@example.com`,
      password: 'correct horse battery',
      name: 'Bench',
    });
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${url}/auth/register`, { method: 'POST', headers, body });
    if (response.status !== 201) throw new Error(`register was answered ${response.status}`);
    return ((await response.json()) as { access_token: string }).access_token;
  };
  const tokens: string[] = [];
  while (tokens.length < count) tokens.push(await one(tokens.length));
  return tokens;
}

function makeKey(env: Record<string, string>): string {
  const cli = join(__dirname, '../src/cli/service-accounts.cli.js');
  const args = [cli, 'create', 'Bench', '--scopes', 'tokens:validate'];
  const output = execFileSync(process.execPath, args, {
    cwd: tmpdir(),
    env: { PATH: process.env.PATH, NODE_ENV: 'test', ...env },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [key] = /psk_[\w-]+/.exec(output) ?? [];
  if (key === undefined) throw new Error('no key was made');
  return key;
}

function row(name: string, figures: readonly number[], mark: { least: number } | { most: number }): Row {
  const { median } = spread(figures);
  const isLeast = 'least' in mark;
  const text = isLeast ? `>= ${mark.least}` : `<= ${Number(mark.most.toFixed(2))}`;
  return {
    cells: ratioRow(name, figures, text),
    isMet: isLeast ? median >= mark.least : median <= mark.most,
  };
}

runCommand(main);
