import { Client } from 'pg';
import { inTurn, SECRET, validate, type Bench } from '../part';
import { makeUsers, type SignedIn } from '../people';
import { startService, type Target } from '../processes';
import { ratioRow } from '../statistics';
import type { Load } from '../throughput';

const CACHE_MB = 2048;
const FILLING_REQUESTS = 64;
/** The part of all users that changes each second. */
const CHANGING = 0.01;
const KB = 1024;

/**
 * A working set of many users that is all in memory, against one user; the same while 1 % of them change each second; and what one
 * of them takes in memory.
 */
export async function manyUsers(bench: Bench): Promise<string[][]> {
  const client = new Client({ connectionString: bench.databaseUrl });
  await client.connect();
  try {
    bench.say(`makes ${bench.users} users with five teams and five domains each\n`);
    const users = await makeUsers(client, bench.users);
    const env = {
      DATABASE_URL: bench.databaseUrl,
      AUTH_JWT_SECRET_KEY: SECRET,
      AUTH_IDENTITY_CACHE_MB: String(CACHE_MB),
    };
    const service = await bench.start(startService(env));
    const before = await memoryOf(service);
    await fill(bench, service, users);
    const { bytes, entries, resident } = await memoryOf(service);
    const counted = (bytes - before.bytes) / (entries - before.entries) / KB;
    bench.say(`counted ${(bytes / KB / KB).toFixed(0)} MB, process ${(resident / KB / KB).toFixed(0)} MB\n`);
    const tokens = users.map(({ token }) => token);
    const one = rotating('one user', tokens.slice(0, 1));
    const all = rotating('all users', tokens);
    const still = await inTurn(bench, 'many users', [
      ['all', service, all],
      ['one', service, one],
    ]);
    const stop = changeUsers(client, users);
    const changing = await inTurn(bench, 'changing users', [
      ['all', service, all],
      ['one', service, one],
    ]);
    const changed = await stop();
    bench.say(`${changed} users were changed\n`);
    const count = users.length.toLocaleString('en');
    const ratio = (rounds: number[][]) => rounds.map(([many, single]) => many! / single!);
    return [
      ratioRow(`validate of ${count} users to one user`, ratio(still), '>= 0.90'),
      ratioRow('the same, 1 % of them changing per second', ratio(changing), '>= 0.85'),
      ratioRow('KB counted per snapshot (5 teams, 5 domains)', [counted], '<= 1.50'),
      ratioRow(
        'KB of the process per snapshot, with garbage',
        [(resident - before.resident) / (entries - before.entries) / KB],
        '',
      ),
    ];
  } finally {
    await client.end();
  }
}

/** A load that asks for one token after the other. */
function rotating(name: string, tokens: readonly string[]): Load {
  let at = 0;
  return { ...validate(''), name, nextBody: () => JSON.stringify({ token: tokens[at++ % tokens.length] }) };
}

/** Asks once for each. */
async function fill(bench: Bench, service: Target, users: readonly SignedIn[]): Promise<void> {
  let at = 0;
  let told = performance.now();
  const ask = async () => {
    for (let user = users[at++]; user !== undefined; user = users[at++]) {
      const { path, headers, body } = validate(user.token);
      const response = await fetch(service.url + path, { method: 'POST', headers, body });
      const { valid } = (await response.json()) as { valid?: boolean };
      if (valid !== true) throw new Error(`a token was not found valid: ${response.status}`);
      if (performance.now() - told > 5000) {
        told = performance.now();
        bench.say(`${at} of ${users.length} users are in memory\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: FILLING_REQUESTS }, ask));
}

/** Renames users one by one at an even rate until it is stopped; then answers how many. */
function changeUsers(client: Client, users: readonly SignedIn[]): () => Promise<number> {
  let changed = 0;
  let stopping = false;
  const perSecond = Math.max(1, users.length * CHANGING);
  const begin = performance.now();
  const run = async () => {
    while (!stopping) {
      const due = ((performance.now() - begin) / 1000) * perSecond;
      for (; changed < due && !stopping; changed++) {
        const { id } = users[Math.floor(Math.random() * users.length)]!;
        await client.query('UPDATE users SET name = $2 WHERE id = $1', [id, `Grace Hopper ${changed}`]);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return changed;
  };
  const running = run();
  return () => {
    stopping = true;
    return running;
  };
}

async function memoryOf(service: Target): Promise<{ bytes: number; entries: number; resident: number }> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  const value = (name: string) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics)?.[1]);
  return {
    bytes: value('auth_identity_cache_bytes'),
    entries: value('auth_identity_cache_entries'),
    resident: value('process_resident_memory_bytes'),
  };
}
