import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { inheritedDomains } from './inherited-domains';
import { livenessP99 } from './liveness';
import { startReference, startService, type Target } from './processes';
import { ratioRow, table } from './statistics';
import { throughput, type Load } from './throughput';

const HELP = `npm run bench [-- --rounds N] [--seconds N]

Measures the service against a floor (bare node:http with the same token check), in turn, in one run:
  POST /auth/validate, GET /auth/verify and GET /auth/me with 32 connections, as a ratio to the floor from memory and to the
  floor with one prepared statement; batches against single calls; a service without memory against the floor with a
  statement; and the latency of GET /health/live while 8 logins at a time run, against idle; and the
  statement that reads a user with five domains of a tree of 10,000, to the same without any below them.
`;

const SECRET = 'the-secret-of-the-benchmark-0123456789';
const PERSON = { email: 'bench@example.com', password: 'correct horse battery', name: 'Bench' };

/** Tokens of one batch. */
const BATCH = 50;

interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return say(HELP);
  const options = { rounds: option(args, '--rounds', 5), seconds: option(args, '--seconds', 3) };
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-bench-'));
  const database = await startEmbeddedPostgres({ directory, durability: 'throwaway' });
  const targets: Target[] = [];
  try {
    const service = await startService({
      DATABASE_URL: database.url,
      AUTH_JWT_SECRET_KEY: SECRET,
    });
    targets.push(service);
    const { token, user } = await register(service);
    const reference = { secret: SECRET, databaseUrl: database.url, user };
    const memory = await startReference('memory', reference);
    const statement = await startReference('database', reference);
    const cold = await startService({
      DATABASE_URL: database.url,
      AUTH_JWT_SECRET_KEY: SECRET,
      AUTH_IDENTITY_CACHE_MB: '0',
    });
    targets.push(memory, statement, cold);
    say(
      `Node ${process.version}, ${availableParallelism()} cores, ${options.rounds} rounds of ${options.seconds} s\n\n`,
    );
    const rows = [
      ...(await ratios(loads(token), service, { memory, statement }, options)),
      await batchRow(service, token, options),
      await coldRow(cold, statement, token, options),
      await livenessRow(service, options),
      ratioRow(
        'identity with domains of a tree to flat ones',
        await inheritedDomains(database.url, options.rounds),
        '<= 1.5',
      ),
    ];
    say(`\n${table([['ratio', 'min', 'median', 'max', 'mark'], ...rows])}\n`);
  } finally {
    targets.forEach((target) => target.process.kill('SIGKILL'));
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function loads(token: string): Load[] {
  const body = JSON.stringify({ token });
  return [
    {
      name: 'validate',
      method: 'POST',
      path: '/auth/validate',
      headers: { 'content-type': 'application/json' },
      body,
    },
    { name: 'verify', method: 'GET', path: '/auth/verify', headers: { authorization: `Bearer ${token}` } },
    { name: 'me', method: 'GET', path: '/auth/me', headers: { authorization: `Bearer ${token}` } },
  ];
}

async function ratios(
  all: readonly Load[],
  service: Target,
  { memory, statement }: { memory: Target; statement: Target },
  { rounds, seconds }: Rounds,
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const load of all) {
    for (const target of [service, memory, statement]) await throughput(target, load, 2); // to warm up
    const toMemory: number[] = [];
    const toStatement: number[] = [];
    for (let round = 1; round <= rounds; round++) {
      const [own, a, b] = [
        await throughput(service, load, seconds),
        await throughput(memory, load, seconds),
        await throughput(statement, load, seconds),
      ];
      toMemory.push(own / a);
      toStatement.push(own / b);
      say(
        `${load.name} round ${round}: service ${own.toFixed(0)}/s, (a) memory ${a.toFixed(0)}/s, (b) statement ${b.toFixed(0)}/s\n`,
      );
    }
    rows.push(
      ratioRow(`${load.name} to (a) floor from memory`, toMemory, load.name === 'validate' ? '>= 0.75' : ''),
    );
    rows.push(ratioRow(`${load.name} to (b) floor with statement`, toStatement, ''));
  }
  return rows;
}

/** Tokens per second of batches, against single calls. */
async function batchRow(service: Target, token: string, { rounds, seconds }: Rounds): Promise<string[]> {
  const [validate] = loads(token) as [Load];
  const body = JSON.stringify({ tokens: Array.from({ length: BATCH }, () => token) });
  const batch = { ...validate, name: 'batch', path: '/auth/validate/batch', body };
  const values: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const single = await throughput(service, validate, seconds);
    const tokens = BATCH * (await throughput(service, batch, seconds));
    values.push(tokens / single);
    say(`batch round ${round}: ${tokens.toFixed(0)} tokens/s, single ${single.toFixed(0)}/s\n`);
  }
  return ratioRow(`batch of ${BATCH} to single, in tokens`, values, '>= 4.00');
}

/** Without memory, against the floor with a statement. */
async function coldRow(
  cold: Target,
  statement: Target,
  token: string,
  { rounds, seconds }: Rounds,
): Promise<string[]> {
  const [validate] = loads(token) as [Load];
  const values: number[] = [];
  await throughput(cold, validate, 2); // to warm up
  for (let round = 1; round <= rounds; round++) {
    const [own, floor] = [
      await throughput(cold, validate, seconds),
      await throughput(statement, validate, seconds),
    ];
    values.push(own / floor);
    say(`cold round ${round}: ${own.toFixed(0)}/s, statement ${floor.toFixed(0)}/s\n`);
  }
  return ratioRow('validate without memory to (b) floor with statement', values, '>= 0.70');
}

async function livenessRow(service: Target, { rounds, seconds }: Rounds): Promise<string[]> {
  const login = JSON.stringify({ email: PERSON.email, password: PERSON.password });
  const values: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const idle = await livenessP99(service, seconds);
    const busy = await livenessP99(service, seconds, login);
    values.push(busy / idle);
    say(`live round ${round}: p99 idle ${idle.toFixed(2)} ms, under 8 logins ${busy.toFixed(2)} ms\n`);
  }
  return ratioRow('/health/live p99 under 8 logins to idle', values, '<= 10');
}

async function register(service: Target): Promise<{ token: string; user: unknown }> {
  const response = await fetch(`${service.url}/auth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(PERSON),
  });
  if (response.status !== 201) throw new Error(`registration was answered ${response.status}`);
  const { access_token: token, user } = (await response.json()) as { access_token: string; user: unknown };
  return { token, user };
}

function option(args: readonly string[], name: string, fallback: number): number {
  const at = args.indexOf(name);
  const value = at < 0 ? fallback : Number(args[at + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a whole number of at least 1`);
  return value;
}

function say(text: string): void {
  process.stdout.write(text);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
});
