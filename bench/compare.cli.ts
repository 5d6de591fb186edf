import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { numberOption, runCommand, say } from './command';
import { startService, type ServiceToStart, type Target } from './processes';
import { spread, table } from './statistics';
import { throughput, type Load } from './throughput';

const HELP = `npm run bench:compare -- [--rounds N] [--seconds N] NAME=DIST[@NODE] ...

Measures builds, or one build on several versions of Node.js, in turn, in one run: processor time, wall time and resident memory
of a start until it is ready, and how many validations and logins a second are answered. DIST is the folder of a build, NODE a
program. --seconds 0: starts only. Linux only. Medians.
`;

const SECRET = 'the-secret-of-the-benchmark-0123456789';
const TICKS_PER_SECOND = 100;
const LOGIN_COST = '10';
const PERSON = { email: 'bench@example.com', password: 'correct horse battery', name: 'Bench' };
const MEASURES = ['cpu s', 'wall ms', 'memory MB', 'validate/s', 'login/s'] as const;

type Measured = Partial<Record<(typeof MEASURES)[number], number>>;

async function main(args: readonly string[]): Promise<void> {
  const services = args.filter((arg) => arg.includes('=')).map(serviceOf);
  if (services.length === 0) return say(HELP);
  const rounds = numberOption(args, '--rounds', 9);
  const seconds = numberOption(args, '--seconds', 2, 0);
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-bench-'));
  const results = new Map<string, Measured[]>(services.map(({ name }) => [name, []]));
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const service of services) {
        const measured = await measure(service, join(directory, service.name), seconds);
        results.get(service.name)?.push(measured);
      }
      say(`round ${round} of ${rounds}\n`);
    }
    say(`\n${table([['', ...MEASURES], ...[...results].map(([name, all]) => row(name, all))])}\n`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function serviceOf(text: string): ServiceToStart {
  const [name = '', rest = ''] = text.split(/=(.*)/s);
  const [dist = '', node = process.execPath] = rest.split('@');
  return { name, node, dist: resolve(dist) };
}

/** Each build has a database of its own: the migrations of one may be none of another. */
async function measure(service: ServiceToStart, folder: string, seconds: number): Promise<Measured> {
  mkdirSync(folder, { recursive: true });
  const database = await startEmbeddedPostgres({ directory: folder, durability: 'throwaway' });
  const env = {
    DATABASE_URL: database.url,
    AUTH_JWT_SECRET_KEY: SECRET,
    AUTH_PASSWORD_HASH_COST: LOGIN_COST,
    AUTH_LOG_LEVEL: 'info',
    AUTH_RATE_LIMITS: 'false',
  };
  let target: Target | undefined;
  try {
    // The first start may migrate, and brings files into the memory of the system.
    (await startService(env, service)).process.kill('SIGKILL');
    const begin = performance.now();
    target = await startService(env, service);
    const wall = performance.now() - begin;
    const start = { ...used(target.process.pid ?? 0), 'wall ms': wall };
    return seconds === 0 ? start : { ...start, ...(await speed(target, seconds)) };
  } finally {
    target?.process.kill('SIGKILL');
    await database.stop();
  }
}

/** What a process has used so far. */
function used(pid: number): Measured {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    'cpu s': (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    'memory MB': Number(memory) / 1024,
  };
}

async function speed(target: Target, seconds: number): Promise<Measured> {
  const headers = { 'content-type': 'application/json' };
  const post = (path: string, value: unknown) =>
    ({ name: path, method: 'POST', path, headers, body: JSON.stringify(value) }) satisfies Load;
  const { email, password } = PERSON;
  for (const path of ['/auth/register', '/auth/login']) {
    const { body, ...request } = post(path, path.endsWith('login') ? { email, password } : PERSON);
    const response = await fetch(target.url + path, { ...request, body });
    const answer = (await response.json()) as { access_token?: string };
    if (answer.access_token === undefined) continue; // registered by the round before
    const validate = post('/auth/validate', { token: answer.access_token });
    await throughput(target, validate, 1); // to warm up
    return {
      'validate/s': await throughput(target, validate, seconds),
      'login/s': await throughput(target, post('/auth/login', { email, password }), seconds, 2),
    };
  }
  throw new Error(`${target.name} signs nobody in`);
}

function row(name: string, all: readonly Measured[]): string[] {
  const cell = (measure: (typeof MEASURES)[number]) => {
    const values = all.map((measured) => measured[measure]).filter((value) => value !== undefined);
    return values.length === 0 ? '' : spread(values).median.toFixed(measure === 'cpu s' ? 2 : 0);
  };
  return [name, ...MEASURES.map(cell)];
}

runCommand(main);
