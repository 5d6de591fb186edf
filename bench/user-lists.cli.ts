import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { Client } from 'pg';
import { encodeCursor, type Position } from '../src/common/cursor';
import { DEFAULT_PAGE_SIZE } from '../src/http/page';
import { USER_ORDERS, userListStatement, type UserOrder } from '../src/identity/user-list-statement';
import { numberOption, runCommand, say, textOption } from './command';
import { startService, type Target } from './processes';
import { quantile, table } from './statistics';
import { fillUsers, TEAMS } from './user-list-data';

const HELP = `npm run bench:users -- [--users N] [--reads N] [--data DIRECTORY]

Fills one database with N users (1,000,000) and one with 1,000, and compares the p95 of GET /users over HTTP, in turn: pages, searches
and filters. The mark is 3. With 1,000,000 users it takes some five minutes, most of them to fill;
--data keeps the databases in a directory, and takes those of a run before.
`;

const SMALL = 1_000;
const ADMIN = { email: 'admin@bench.example', password: 'correct horse battery', name: 'Zz Admin' };

/** A service over a database of many users. */
interface Side {
  readonly target: Target;
  readonly databaseUrl: string;
  readonly token: string;
  readonly teams: readonly string[];
}

/** A list that is asked for: its name, and the query of each side. */
interface List {
  readonly name: string;
  readonly queryOf: (side: Side) => string;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return say(HELP);
  const users = numberOption(args, '--users', 1_000_000);
  const reads = numberOption(args, '--reads', 40);
  const kept = textOption(args, '--data');
  const directory = kept ?? mkdtempSync(join(tmpdir(), 'promptstack-auth-bench-'));
  const server = await startEmbeddedPostgres({ directory, durability: 'throwaway' });
  const sides: Side[] = [];
  try {
    for (const count of [SMALL, users]) sides.push(await prepare(server.url, count));
    const [small, large] = sides as [Side, Side];
    const rows: string[][] = [];
    for (const list of await lists(small, large)) rows.push(await compare(list, small, large, reads));
    say(`\n${table([['GET /users?', `p95 of ${SMALL}`, `p95 of ${users}`, 'ratio', 'mark'], ...rows])}\n`);
  } finally {
    for (const { target } of sides) target.process.kill('SIGKILL');
    await server.stop();
    if (kept === undefined) rmSync(directory, { recursive: true, force: true });
  }
}

/** A database with so many users, its service, and an administrator of it. */
async function prepare(serverUrl: string, users: number): Promise<Side> {
  const url = new URL(serverUrl);
  url.pathname = `/users_${users}`;
  const databaseUrl = url.toString();
  const there = await rowsOf(serverUrl, `SELECT FROM pg_database WHERE datname = 'users_${users}'`);
  if (there.length === 0) await rowsOf(serverUrl, `CREATE DATABASE users_${users}`);
  const target = await startService({ DATABASE_URL: databaseUrl });
  if (there.length === 0) {
    const started = performance.now();
    await fillUsers(databaseUrl, users);
    say(`${users} users in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
    await signIn(target, 'register', ADMIN);
    await rowsOf(databaseUrl, `UPDATE users SET role = 'admin' WHERE email = '${ADMIN.email}'`);
  }
  const teams = await rowsOf<{ id: string }>(
    databaseUrl,
    `SELECT id FROM teams WHERE name LIKE 'One of %' ORDER BY substring(name FROM 8)::int`,
  );
  const token = await signIn(target, 'login', { email: ADMIN.email, password: ADMIN.password });
  return { target, databaseUrl, token, teams: teams.map(({ id }) => id) };
}

async function signIn({ url }: Target, route: 'register' | 'login', body: object): Promise<string> {
  const response = await fetch(`${url}/auth/${route}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${route} was answered ${response.status}`);
  return ((await response.json()) as { access_token: string }).access_token;
}

async function lists(small: Side, large: Side): Promise<List[]> {
  const all: List[] = [];
  for (const sort of USER_ORDERS) {
    const cursors = new Map([
      [small, await cursorsOf(small, sort)],
      [large, await cursorsOf(large, sort)],
    ]);
    const paged = (place: 'middle' | 'last') => (side: Side) =>
      `sort=${sort}&cursor=${cursors.get(side)?.[place] ?? ''}`;
    all.push({ name: `sort=${sort}`, queryOf: () => `sort=${sort}` });
    all.push({ name: `sort=${sort} (middle page)`, queryOf: paged('middle') });
    all.push({ name: `sort=${sort} (last page)`, queryOf: paged('last') });
    for (const q of [
      'a',
      'anbe',
      'anbe.',
      'anbe.bar',
      'anbe bar',
      'bar',
      'barcor',
      'barcordun',
      'An Bar',
      'zz',
    ])
      all.push({ name: `sort=${sort}&q=${q}`, queryOf: () => `sort=${sort}&q=${encodeURIComponent(q)}` });
    TEAMS.forEach((share, n) =>
      all.push({
        name: `sort=${sort}&team= (one of ${share})`,
        queryOf: ({ teams }) => `sort=${sort}&team=${teams[n]}`,
      }),
    );
    all.push({
      name: `sort=${sort}&team= (one of 100)&q=an`,
      queryOf: ({ teams }) => `sort=${sort}&q=an&team=${teams[2]}`,
    });
    all.push({ name: `sort=${sort}&role=admin`, queryOf: () => `sort=${sort}&role=admin` });
    all.push({ name: `sort=${sort}&active=false`, queryOf: () => `sort=${sort}&active=false` });
  }
  return all;
}

/** Cursors of the page in the middle and of the last one. */
async function cursorsOf({ databaseUrl }: Side, sort: UserOrder): Promise<{ middle: string; last: string }> {
  const { order, sortKey } = userListStatement({ order: sort, after: undefined, limit: 1 });
  const [count] = await rowsOf<{ users: number }>(databaseUrl, 'SELECT count(*)::int AS users FROM users');
  const users = count?.users ?? 0;
  const cursorBehind = async (place: number) => {
    const [position] = await rowsOf<Position>(
      databaseUrl,
      `SELECT ${sortKey} AS key, u.id FROM users u ORDER BY ${order} OFFSET ${place} LIMIT 1`,
    );
    return position ? encodeCursor({ list: 'users', sort }, position) : '';
  };
  return {
    middle: await cursorBehind(Math.floor(users / 2)),
    last: await cursorBehind(users - DEFAULT_PAGE_SIZE - 1),
  };
}

/** In turn, so that what else the machine does is shared. */
async function compare({ name, queryOf }: List, small: Side, large: Side, reads: number): Promise<string[]> {
  const times = new Map<Side, number[]>([
    [small, []],
    [large, []],
  ]);
  for (let n = -3; n < reads; n++) {
    for (const [side, own] of times) {
      const start = performance.now();
      await read(side, queryOf(side));
      if (n >= 0) own.push(performance.now() - start);
    }
  }
  const [one, other] = [...times.values()].map((own) =>
    quantile(
      own.sort((a, b) => a - b),
      0.95,
    ),
  ) as [number, number];
  return [name, `${one.toFixed(1)} ms`, `${other.toFixed(1)} ms`, (other / one).toFixed(2), '< 3'];
}

const agent = new Agent({ keepAlive: true });

/** Reads one page; answers the cursor of the next. */
function read({ target, token }: Side, query: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    request(
      `${target.url}/users?${query}`,
      { agent, headers: { authorization: `Bearer ${token}` } },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part)).on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          if (response.statusCode === 200)
            resolve((JSON.parse(text) as { next_cursor: string | null }).next_cursor);
          else reject(new Error(`GET /users?${query} was answered ${response.statusCode}: ${text}`));
        });
      },
    )
      .on('error', reject)
      .end();
  });
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
