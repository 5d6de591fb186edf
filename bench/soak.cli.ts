import autocannon from 'autocannon';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { numberOption, runCommand, say, textOption } from './command';
import { lineCharts, type Chart } from './line-charts';
import { startService, type Target } from './processes';
import { throughput, type Load } from './throughput';

const HELP = `npm run soak -- [--minutes N] [--cut-seconds N] [--picture FILE]

Validates tokens at 70 % of what the service manages, for 30 minutes, while all its database connections are cut each minute.
Reads its metrics every few seconds, draws them, and says whether heap, handles and connections stay flat.
`;

const SECRET = 'the-secret-of-the-benchmark-0123456789';
const PERSON = { email: 'soak@example.com', password: 'correct horse battery', name: 'Soak' };
const SHARE = 0.7;
const CONNECTIONS = 16;
const SAMPLES = 180;
const MIN_INTERVAL_MS = 1_000;
const MINUTE_MS = 60_000;
/** Growth from the second quarter to the last one that counts as flat. */
const FLAT = 1.2;

type Metrics = ReadonlyMap<string, number>;

async function scrape({ url }: Target): Promise<Metrics> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

function sumOf(metrics: Metrics, name: string): number {
  const series = [...metrics].filter(([key]) => key === name || key.startsWith(`${name}{`));
  return series.reduce((sum, [, value]) => sum + value, 0);
}

const mebibytes = (value: number) => `${Math.round(value / 2 ** 20)} MiB`;
const plain = (value: number) => String(Math.round(value));

/** What is drawn, and what has to stay flat. */
const PANELS = [
  { name: 'nodejs_heap_size_used_bytes', title: 'Heap in use', unit: mebibytes, isFlat: true },
  { name: 'process_resident_memory_bytes', title: 'Resident memory', unit: mebibytes, isFlat: true },
  { name: 'process_open_fds', title: 'Open handles', unit: plain, isFlat: true },
  {
    name: 'auth_database_pool_connections{state="idle"}',
    title: 'Idle database connections',
    unit: plain,
    isFlat: true,
  },
  {
    name: 'nodejs_eventloop_lag_p99_seconds',
    title: 'Delay of the event loop, p99',
    unit: (value: number) => `${(value * 1000).toFixed(0)} ms`,
    isFlat: false,
  },
] as const;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return say(HELP);
  const minutes = numberOption(args, '--minutes', 30);
  const cutMs = numberOption(args, '--cut-seconds', 60) * 1000;
  const picture = textOption(args, '--picture');
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-soak-'));
  const database = await startEmbeddedPostgres({ directory, durability: 'throwaway' });
  const service = await startService({ DATABASE_URL: database.url, AUTH_JWT_SECRET_KEY: SECRET });
  try {
    const load = await validations(service);
    const most = await throughput(service, load, 5, CONNECTIONS);
    const rate = Math.max(1, Math.round(most * SHARE));
    say(`${Math.round(most)} validations a second at most; ${rate} a second for ${minutes} minutes\n`);
    const samples = await soak(service, { load, rate, minutes, cutMs, databaseUrl: database.url });
    tell(samples, minutes, picture);
  } finally {
    service.process.kill('SIGKILL');
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Soak {
  readonly load: Load;
  readonly rate: number;
  readonly minutes: number;
  readonly cutMs: number;
  readonly databaseUrl: string;
}

/** The metrics over time, and what was answered a second. */
async function soak(service: Target, { load, rate, minutes, cutMs, databaseUrl }: Soak) {
  const { name: _name, path, ...request } = load;
  const durationMs = minutes * MINUTE_MS;
  const running = autocannon({
    ...request,
    url: service.url + path,
    connections: CONNECTIONS,
    overallRate: rate,
    duration: durationMs / 1000,
  });
  const samples: Metrics[] = [];
  const end = performance.now() + durationMs;
  let cutAt = performance.now() + cutMs;
  while (performance.now() < end) {
    await sleep(Math.max(MIN_INTERVAL_MS, durationMs / SAMPLES));
    samples.push(await scrape(service));
    if (performance.now() < cutAt) continue;
    cutAt += cutMs;
    await cutConnections(databaseUrl);
  }
  const result = await running;
  const answered = result['2xx'] + result.non2xx;
  say(`${answered} answers: ${result['2xx']} good, ${result.non2xx} not, ${result.errors} errors\n`);
  say(
    `validate: p50 ${result.latency.p50} ms, p99 ${result.latency.p99} ms, at most ${result.latency.max} ms\n`,
  );
  return samples;
}

async function cutConnections(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()');
  await client.end();
}

function tell(samples: readonly Metrics[], minutes: number, picture: string | undefined): void {
  const charts: Chart[] = PANELS.map(({ name, title, unit }) => ({
    title,
    unit,
    values: samples.map((metrics) => metrics.get(name) ?? 0),
  }));
  const counts = samples.map((metrics) => sumOf(metrics, 'auth_validations_total'));
  const seconds = (minutes * MINUTE_MS) / 1000 / Math.max(1, samples.length);
  const rates = counts.slice(1).map((count, at) => (count - counts[at]!) / seconds);
  charts.push({ title: 'Validations a second', unit: plain, values: rates });
  PANELS.forEach(({ isFlat }, at) => {
    if (isFlat && !tellGrowth(charts[at]!)) process.exitCode = 1;
  });
  if (picture === undefined) return;
  writeFileSync(picture, lineCharts(charts, minutes));
  say(`drawn to ${picture}\n`);
}

/** Tells whether a line stays flat after the first quarter, in which caches fill. */
function tellGrowth({ title, unit, values }: Chart): boolean {
  const quarter = Math.floor(values.length / 4);
  const before = mean(values.slice(quarter, 2 * quarter));
  const after = mean(values.slice(-quarter));
  const isFlat = after <= before * FLAT + 1;
  say(
    `${title}: ${unit(before)} in the second quarter, ${unit(after)} in the last: ${isFlat ? 'flat' : 'GROWS'}\n`,
  );
  return isFlat;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

async function validations(service: Target): Promise<Load> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(PERSON);
  const answer = await fetch(`${service.url}/auth/register`, { method: 'POST', headers, body });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return {
    name: 'validate',
    method: 'POST',
    path: '/auth/validate',
    headers,
    body: JSON.stringify({ token }),
  };
}

runCommand(main);
