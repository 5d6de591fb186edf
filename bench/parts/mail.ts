import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Client } from 'pg';
import { SMTPServer } from 'smtp-server';
import { SECRET, type Bench, type Part } from '../part';
import { startService, type Target } from '../processes';
import { ratioRow, spread } from '../statistics';
import { throughput, type Load } from '../throughput';

const PERSON = { email: 'mail@example.com', password: 'correct horse battery', name: 'Bench' };
/** Mails of one round. */
const MAILS = 500;
/** Mails that wait for the server that hangs. */
const WAITING = 200;
const QUEUE = `INSERT INTO mails (kind, user_id, address, facts, is_bounded)
  SELECT 'password-reset', id, email, '{}', false FROM users WHERE name = 'Queued' LIMIT $1`;

type Options = Pick<Bench, 'databaseUrl' | 'rounds' | 'seconds' | 'say'>;

/** Mails per second through a local server, and sign-ins and validations beside one that accepts and never answers. */
export const mail: Part = async (bench) => [await speedRow(bench), ...(await hangingRows(bench))];

async function speedRow({ rounds, say, databaseUrl }: Options): Promise<string[]> {
  let received = 0;
  let done: () => void = () => undefined;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, _session, callback) => {
      stream.resume();
      stream.on('end', () => {
        if (++received % MAILS === 0) done();
        callback();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { service, client } = await serviceWith('bench_mail', server.server, databaseUrl);
  const rates: number[] = [];
  try {
    await addUsers(client, MAILS);
    for (let round = 0; round <= rounds; round++) {
      const all = new Promise<void>((resolve) => (done = resolve));
      const start = performance.now();
      await client.query(QUEUE, [MAILS]);
      await all;
      const rate = (1000 * MAILS) / (performance.now() - start);
      if (round > 0) rates.push(rate); // the first loads what it takes
      say(`mail round ${round}: ${rate.toFixed(0)}/s\n`);
    }
  } finally {
    service.process.kill('SIGKILL');
    await client.end();
    server.close();
  }
  const { min, median, max } = spread(rates);
  return ['mails a second, with a code each', ...[min, median, max].map((rate) => rate.toFixed(0)), ''];
}

async function hangingRows({ rounds, seconds, say, databaseUrl }: Options): Promise<string[][]> {
  const sockets = new Set<Socket>();
  let most = 0;
  const silent = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    most = Math.max(most, sockets.size);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const quiet = await serviceWith('bench_quiet', undefined, databaseUrl);
  const hanging = await serviceWith('bench_hanging', silent, databaseUrl);
  const rows: string[][] = [];
  try {
    await addUsers(hanging.client, WAITING);
    await hanging.client.query(QUEUE, [WAITING]);
    const before = memoryOf(hanging.service);
    const loads = await Promise.all([loadsOf(quiet.service), loadsOf(hanging.service)]);
    for (const [at, without] of loads[0].entries()) {
      const beside = loads[1][at]!;
      for (const [target, load] of [
        [quiet, without],
        [hanging, beside],
      ] as const)
        await throughput(target.service, load, 2); // to warm up
      const ratios: number[] = [];
      for (let round = 1; round <= rounds; round++) {
        const a = await throughput(quiet.service, without, seconds);
        const b = await throughput(hanging.service, beside, seconds);
        const c = await throughput(quiet.service, without, seconds);
        ratios.push((a + c) / 2 / b);
        say(
          `${without.name} round ${round}: ${b.toFixed(0)}/s beside it, ${((a + c) / 2).toFixed(0)}/s without\n`,
        );
      }
      rows.push(ratioRow(`time of ${without.name} beside a mail server that hangs`, ratios, '<= 1.05'));
    }
    rows.push(await startRow(quiet.env, hanging.env, rounds));
    const { rows: open } = await hanging.client.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    say(
      `beside it: at most ${most} connections to it, ${open[0]?.n} to the database, ` +
        `resident ${before} MB before and ${memoryOf(hanging.service)} MB after, without ${memoryOf(quiet.service)} MB\n`,
    );
    return rows;
  } finally {
    for (const { service, client } of [quiet, hanging]) {
      service.process.kill('SIGKILL');
      await client.end();
    }
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
}

/** With mails that wait, to none: from the start of the process until it is ready. */
async function startRow(
  without: Record<string, string>,
  beside: Record<string, string>,
  rounds: number,
): Promise<string[]> {
  const measure = async (env: Record<string, string>) => {
    const start = performance.now();
    const { process: child } = await startService(env);
    const took = performance.now() - start;
    child.kill('SIGKILL');
    return took;
  };
  const ratios: number[] = [];
  for (let round = 1; round <= 2 * rounds; round++) {
    const a = await measure(without);
    const b = await measure(beside);
    ratios.push(b / ((a + (await measure(without))) / 2));
  }
  return ratioRow('time of a start beside a mail server that hangs', ratios, '<= 1.03');
}

/** A service on a database of its own, with a mail server or none. */
async function serviceWith(
  name: string,
  mailServer: Server | undefined,
  databaseUrl: string,
): Promise<{ service: Target; client: Client; env: Record<string, string> }> {
  const maker = new Client(databaseUrl);
  await maker.connect();
  await maker.query(`CREATE DATABASE ${name}`);
  await maker.end();
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  const env = {
    DATABASE_URL: url.href,
    AUTH_JWT_SECRET_KEY: SECRET,
    AUTH_PASSWORD_HASH_COST: '4',
    AUTH_RATE_LIMITS: 'false',
    ...(mailServer && {
      AUTH_SMTP_URL: `smtp://127.0.0.1:${(mailServer.address() as AddressInfo).port}`,
      AUTH_MAIL_FROM: 'no-reply@example.com',
    }),
  };
  const service = await startService(env);
  const client = new Client(url.href);
  await client.connect();
  return { service, client, env };
}

async function addUsers(client: Client, count: number): Promise<void> {
  await client.query(
    `INSERT INTO users (email, name) SELECT 'queued-' || n || '@example.com', 'Queued' FROM generate_series(1, $1) n`,
    [count],
  );
}

async function loadsOf({ url }: Target): Promise<Load[]> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/auth/register`, {
    method: 'POST',
    headers,
    body: JSON.stringify(PERSON),
  });
  if (response.status !== 201) throw new Error(`registration was answered ${response.status}`);
  const { access_token: token } = (await response.json()) as { access_token: string };
  const { email, password } = PERSON;
  return [
    { name: 'validate', method: 'POST', path: '/auth/validate', headers, body: JSON.stringify({ token }) },
    {
      name: 'login',
      method: 'POST',
      path: '/auth/login',
      headers,
      body: JSON.stringify({ email, password }),
    },
  ];
}

/** In megabytes; Linux only. */
function memoryOf({ process: { pid } }: Target): string {
  const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return ((Number(pages) * 4096) / 1e6).toFixed(0);
}
