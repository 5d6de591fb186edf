import { spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { Client } from 'pg';
import { numberOption, runCommand, say } from './command';
import { startService } from './processes';
import { table } from './statistics';

const HELP = `npm run bench:import -- [--users N]

Imports N users (1,000,000) by "npm run users -- import", and copies the same rows by COPY into the same tables of another database;
then the same file again, and a tenth of as many new users by an import that is killed at a random moment and resumed.
With 1,000,000 users it takes some ten minutes.
`;

const SAMPLE_MS = 100;

/** How an import went. */
interface Run {
  readonly seconds: number;
  /** The most memory that the process held at a moment, in MB; 0 where the system does not tell. */
  readonly peakMb: number;
  readonly said: string;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return say(HELP);
  const users = numberOption(args, '--users', 1_000_000);
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-bench-'));
  chmodSync(directory, 0o755); // the server reads the files of COPY
  const server = await startEmbeddedPostgres({ directory, durability: 'throwaway' });
  try {
    const [imported, copied] = [await migrated(server.url, 'imported'), await migrated(server.url, 'copied')];
    const file = await writeUsers(directory, 'all', users, copied);
    const copy = await copyRows(copied, directory);
    say(`COPY: ${copy.toFixed(1)} s\n`);
    const first = await runImport(imported, file);
    say(`import: ${first.seconds.toFixed(1)} s, ${first.said}`);
    const again = await runImport(imported, file);
    say(`again: ${again.seconds.toFixed(1)} s, ${again.said}`);
    const resumed = await killAndResume(
      imported,
      await writeUsers(directory, 'more', Math.ceil(users / 10)),
      first.seconds / 10,
    );
    const [count] = await rowsOf<{ all: string }>(
      imported,
      `SELECT concat_ws(', ', count(*), count(DISTINCT email), (SELECT count(*) FROM team_memberships), (SELECT count(*) FROM user_domains)) AS all FROM users`,
    );
    const rows = [
      ['rate to COPY', (copy / first.seconds).toFixed(2), '>= 0.35'],
      ['the same file again, to the first time', (again.seconds / first.seconds).toFixed(2), '<= 0.50'],
      ['peak memory in MB', Math.max(first.peakMb, again.peakMb).toFixed(0), '< 200'],
      ['killed and resumed', resumed, ''],
      ['users, addresses, members, assigned', count?.all ?? '', `${users + Math.ceil(users / 10)} each`],
    ];
    say(`\n${table([['import', 'measured', 'mark'], ...rows])}\n`);
  } finally {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A database of the server with the tables, the default team and the default domain. */
async function migrated(serverUrl: string, name: string): Promise<string> {
  await rowsOf(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const service = await startService({ DATABASE_URL: url.toString() });
  service.process.kill('SIGKILL');
  return url.toString();
}

/** The file of an import, and where a database is given, files of the same rows for COPY into it; answers the path of the first. */
async function writeUsers(directory: string, name: string, count: number, copied?: string): Promise<string> {
  const path = join(directory, `${name}.ndjson`);
  const defaults = copied === undefined ? [] : await rowsOf<{ id: string }>(copied, DEFAULTS);
  const tables = copied === undefined ? [] : ['users', 'team_memberships', 'user_domains'];
  const files = [path, ...tables.map((one) => join(directory, `${one}.copy`))].map((one) =>
    createWriteStream(one),
  );
  for (let n = 1; n <= count; n++) {
    const email = `${name}.${(n * 7919) % 1_000_003}.${n}@bench.example`;
    const [full, id] = [`Ada ${n} Lovelace`, randomUUID()];
    const texts = [
      JSON.stringify({ email, name: full, email_verified: true }),
      `${id}\t${email}\t${full}\tnow`,
      ...defaults.map((row) => `${id}\t${row.id}`),
    ];
    for (const [file, text] of files.map((one, at) => [one, texts[at]] as const))
      if (!file.write(`${text}\n`)) await once(file, 'drain');
  }
  await Promise.all(files.map((file) => once(file.end(), 'finish')));
  return path;
}

const DEFAULTS = `SELECT id FROM teams WHERE is_default UNION ALL SELECT id FROM domains WHERE is_default`;

/** In seconds. */
async function copyRows(databaseUrl: string, directory: string): Promise<number> {
  const start = performance.now();
  for (const into of [
    'users (id, email, name, email_verified_at)',
    'team_memberships (user_id, team_id)',
    'user_domains (user_id, domain_id)',
  ])
    await rowsOf(databaseUrl, `COPY ${into} FROM '${join(directory, `${into.split(' ')[0]}.copy`)}'`);
  return (performance.now() - start) / 1000;
}

/** Runs the command; with a limit in seconds, kills it then. */
async function runImport(databaseUrl: string, file: string, killAfter?: number): Promise<Run> {
  const start = performance.now();
  const child = spawn(process.execPath, [join(__dirname, '../src/cli/users.cli.js'), 'import', file], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env.PATH, NODE_ENV: 'test', DATABASE_URL: databaseUrl },
  });
  let [said, peakMb] = ['', 0];
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  const sampling = setInterval(() => (peakMb = Math.max(peakMb, peakOf(child.pid))), SAMPLE_MS);
  const kill =
    killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter * 1000);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(sampling);
  clearTimeout(kill);
  if (code !== 0 && killAfter === undefined) throw new Error(`the import ended with status ${code}`);
  return { seconds: (performance.now() - start) / 1000, peakMb, said };
}

async function killAndResume(databaseUrl: string, file: string, seconds: number): Promise<string> {
  const at = (randomInt(200, 800) / 1000) * seconds;
  await runImport(databaseUrl, file, at);
  return `after ${at.toFixed(1)} s; then ${(await runImport(databaseUrl, file)).said.trim()}`;
}

/** Linux keeps the peak of each process (proc(5), VmHWM). */
function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  } catch {
    return 0; // it has ended, or the system has no /proc
  }
}

async function rowsOf<Row extends object>(databaseUrl: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

runCommand(main);
