import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { numberOption, runCommand, say } from './command';
import { startService, type Target } from './processes';

const HELP = `npm run bench:lag [-- --trials N]

Signs in on replica A, has replica B answer the token from memory, signs out on A, and measures from the answer of A to the first "no"
of B, for so many trials (2000): median, p99 and maximum in milliseconds. Fails beyond the bound of 2 s.
`;
const SECRET = 'the-secret-of-the-benchmark-0123456789';
const PERSON = { email: 'lag@example.com', password: 'correct horse battery', name: 'Lag' };
const BOUND_MS = 2000;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return say(HELP);
  const trials = numberOption(args, '--trials', 2000);
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-lag-'));
  const database = await startEmbeddedPostgres({ directory, durability: 'throwaway' });
  const targets: Target[] = [];
  try {
    const env = { DATABASE_URL: database.url, AUTH_JWT_SECRET_KEY: SECRET, AUTH_PASSWORD_HASH_COST: '4' };
    for (let n = 0; n < 2; n++) targets.push(await startService(env));
    const [a, b] = targets as [Target, Target];
    await post(a, '/auth/register', PERSON);
    const lags: number[] = [];
    for (let trial = 0; trial < trials; trial++) lags.push(await lagOf(a, b));
    report(lags);
  } finally {
    targets.forEach((target) => target.process.kill('SIGKILL'));
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function lagOf(a: Target, b: Target): Promise<number> {
  const { access_token: token } = (await (await post(a, '/auth/login', PERSON)).json()) as {
    access_token: string;
  };
  for (let n = 0; n < 3; n++) await isValid(b, token);
  await post(a, '/auth/logout', undefined, token);
  const since = performance.now();
  while (await isValid(b, token)) {
    if (performance.now() - since > 10 * BOUND_MS) throw new Error('the token is valid for ever');
  }
  return performance.now() - since;
}

async function isValid(target: Target, token: string): Promise<boolean> {
  return ((await (await post(target, '/auth/validate', { token })).json()) as { valid: boolean }).valid;
}

async function post(target: Target, path: string, body: unknown, token?: string): Promise<Response> {
  const response = await fetch(target.url + path, {
    method: 'POST',
    headers: {
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  return response;
}

/** Prints how they are spread; the least is the time of one answer. */
function report(lags: readonly number[]): void {
  const sorted = [...lags].sort((one, other) => one - other);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2);
  say(`${lags.length} trials: median ${at(0.5)} ms, p99 ${at(0.99)} ms, maximum ${at(1)} ms\n`);
  if ((sorted.at(-1) ?? 0) >= BOUND_MS) process.exitCode = 1;
}

runCommand(main);
