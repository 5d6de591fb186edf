import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import autocannon from 'autocannon';
import { numberOption, runCommand, say } from './command';
import { lineCharts, type Chart } from './line-charts';
import { SECRET, validate } from './part';
import { registered } from './people';
import { startService, type Target } from './processes';

const HELP = `npm run bench:dashboard -- FILE.svg [--seconds N]

Draws the panels of deploy/monitoring/dashboard.json from a run of some seconds (60): Prometheus (/usr/bin/prometheus) scrapes the
service each second while it validates tokens, signs users in, refuses wrong passwords and exchanges refresh tokens.
`;

/** As Debian installs it. */
const PROMETHEUS = '/usr/bin/prometheus';
const DASHBOARD = 'deploy/monitoring/dashboard.json';
const VALIDATIONS_PER_SECOND = 200;
const PAUSE_MS = 200;
const MOST_LINES = 8;

interface Panel {
  readonly title: string;
  readonly fieldConfig?: { readonly defaults?: { readonly unit?: string } };
  readonly targets: readonly { readonly expr: string }[];
}

const UNITS: Readonly<Record<string, (value: number) => string>> = {
  reqps: (value) => `${value.toPrecision(2)}/s`,
  s: (value) => `${(value * 1000).toPrecision(3)} ms`,
  percentunit: (value) => `${(value * 100).toPrecision(2)} %`,
  bytes: (value) => `${Math.round(value / 2 ** 20)} MiB`,
};

async function main(args: readonly string[]): Promise<void> {
  const [file] = args;
  if (file === undefined || file.startsWith('-')) return say(HELP);
  const seconds = numberOption(args, '--seconds', 60);
  const folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-dashboard-'));
  const database = await startEmbeddedPostgres({ directory: folder, durability: 'throwaway' });
  const children: ChildProcess[] = [];
  try {
    const service = await startService({ DATABASE_URL: database.url, AUTH_JWT_SECRET_KEY: SECRET });
    children.push(service.process);
    const port = await freePort();
    children.push(startPrometheus(folder, port, new URL(service.url).host));
    const start = Date.now() / 1000;
    await use(service, seconds);
    const charts = await drawnPanels(port, start + 5, Date.now() / 1000);
    writeFileSync(file, lineCharts(charts, Math.round(seconds / 6) / 10));
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(
      children.filter(({ exitCode }) => exitCode === null).map((child) => once(child, 'exit')),
    );
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startPrometheus(folder: string, port: number, target: string): ChildProcess {
  const config = join(folder, 'prometheus.yaml');
  const job = { job_name: 'promptstack-auth', static_configs: [{ targets: [target] }] };
  writeFileSync(config, JSON.stringify({ global: { scrape_interval: '1s' }, scrape_configs: [job] }));
  const data = `--storage.tsdb.path=${join(folder, 'metrics')}`;
  const args = [`--config.file=${config}`, data, `--web.listen-address=127.0.0.1:${port}`];
  return spawn(PROMETHEUS, args, { stdio: ['ignore', 'ignore', 'ignore'] });
}

/** What users and services do, all at once. */
async function use(service: Target, seconds: number): Promise<void> {
  const { token, email, password } = await registered(service, 'dashboard@example.com');
  const { name: _name, path, ...load } = validate(token);
  const end = performance.now() + seconds * 1000;
  const validations = autocannon({
    ...load,
    url: service.url + path,
    connections: 8,
    overallRate: VALIDATIONS_PER_SECOND,
    duration: seconds,
  });
  const post = async (to: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(service.url + to, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, string | undefined>;
  };
  const repeat = async (act: () => Promise<unknown>) => {
    while (performance.now() < end) {
      await act();
      await sleep(PAUSE_MS);
    }
  };
  let refreshToken: string | undefined;
  await Promise.all([
    validations,
    repeat(async () => (refreshToken = (await post('/auth/login', { email, password })).refresh_token)),
    repeat(() => post('/auth/refresh', { refresh_token: refreshToken ?? '' })),
    repeat(() => post('/auth/login', { email: 'nobody@example.com', password: 'a guess' })),
  ]);
}

async function drawnPanels(port: number, from: number, to: number): Promise<Chart[]> {
  const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as { panels: readonly Panel[] };
  const charts: Chart[] = [];
  for (const { title, targets, fieldConfig } of panels) {
    const lines: number[][] = [];
    for (const { expr } of targets) lines.push(...(await range(port, expr, from, to)));
    const [values = [0, 0], ...others] = lines.slice(0, MOST_LINES);
    const unit = UNITS[fieldConfig?.defaults?.unit ?? ''] ?? ((value: number) => value.toPrecision(2));
    charts.push({ title, unit, values, others });
  }
  return charts;
}

async function range(port: number, expr: string, from: number, to: number): Promise<number[][]> {
  const query = expr.replaceAll('$job', 'promptstack-auth').replaceAll('$__rate_interval', '10s');
  const parameters = new URLSearchParams({ query, start: String(from), end: String(to), step: '1' });
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query_range?${parameters.toString()}`);
  const { data } = (await answer.json()) as {
    data: { result: readonly { values: readonly [number, string][] }[] };
  };
  const numberOf = (text: string) => (Number.isFinite(Number(text)) ? Number(text) : 0);
  return data.result.map(({ values }) => values.map(([, text]) => numberOf(text)));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

runCommand(main);
