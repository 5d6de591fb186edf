import { Client } from 'pg';
import { inTurn, SECRET, validate, type Bench, type Person } from '../part';
import { registered } from '../people';
import { startService, type Target } from '../processes';
import { quantile, ratioRow } from '../statistics';

/** Its hash takes next to nothing, so that what is beside it shows. */
const LOW_COST = '4';
const ACCOUNTS = 20;
/** Logins of one account in a round. */
const LOGINS_EACH = 5;
const SWITCHED_OFF = { AUTH_RATE_LIMITS: 'false', AUTH_METRICS: 'false' };

/**
 * What limits, the rows of the audit log and metrics cost: the service with all of it against one without, where limits and
 * `/metrics` are off by settings, and rows are dropped by the database. (Log lines stay: one tells the port.) A login is measured at the lowest cost, one
 * at a time, and its difference told as a part of a login at the default cost.
 */
export async function operation(bench: Bench): Promise<string[][]> {
  const offUrl = await withoutAuditRows(bench.databaseUrl);
  const start = (url: string, env: Record<string, string>) =>
    bench.start(startService({ DATABASE_URL: url, AUTH_JWT_SECRET_KEY: SECRET, ...env }));
  const off = await start(offUrl, SWITCHED_OFF);
  await dropAuditRows(offUrl);
  const bare = await registered(off, 'bare@example.com');
  const rounds = await inTurn(bench, 'validate', [
    ['with all', bench.service, validate(bench.person.token)],
    ['without', off, validate(bare.token)],
  ]);
  const low = { AUTH_PASSWORD_HASH_COST: LOW_COST, AUTH_RATE_LIMIT_REGISTRATIONS: '1000' };
  const sides = [
    await start(bench.databaseUrl, low),
    await start(offUrl, { ...low, ...SWITCHED_OFF }),
  ] as const;
  return [
    ratioRow(
      'validate with limits, audit and metrics to without',
      rounds.map(([on, without]) => on! / without!),
      '>= 0.95',
    ),
    ratioRow(
      'login with them to without, by time, at the default cost',
      await logins(bench, sides),
      '>= 0.97',
    ),
  ];
}

/** A further database of the same server. */
async function withoutAuditRows(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl);
  url.pathname = '/operation_off';
  await run(databaseUrl, 'CREATE DATABASE operation_off');
  return url.href;
}

function dropAuditRows(url: string): Promise<void> {
  const drop = (table: string) =>
    `CREATE TRIGGER tr_drop_rows BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION drop_row();`;
  return run(
    url,
    `CREATE FUNCTION drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     ${drop('audit_events')} ${drop('audit_heads')}`,
  );
}

async function run(url: string, statements: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statements);
  await client.end();
}

async function logins(bench: Bench, [on, off]: readonly [Target, Target]): Promise<number[]> {
  const people = {
    on: await peopleOf(on, 'on'),
    off: await peopleOf(off, 'off'),
  };
  await medianMs(on, people.on);
  await medianMs(off, people.off); // to warm up
  const ratios: number[] = [];
  for (let round = 1; round <= bench.rounds; round++) {
    const [withAll, without] = [await medianMs(on, people.on), await medianMs(off, people.off)];
    const whole = await medianMs(
      bench.service,
      Array.from({ length: LOGINS_EACH }, () => bench.person),
      1,
    );
    bench.say(
      `login round ${round}: cost ${LOW_COST} with all ${withAll.toFixed(2)} ms, without ${without.toFixed(2)} ms; default cost ${whole.toFixed(1)} ms\n`,
    );
    ratios.push((whole - withAll + without) / whole);
  }
  return ratios;
}

function peopleOf(target: Target, name: string): Promise<Person[]> {
  return Promise.all(
    Array.from({ length: ACCOUNTS }, (_, n) => registered(target, `${name}-${n}@example.com`)),
  );
}

/** The median of logins one after the other. */
async function medianMs({ url }: Target, people: readonly Person[], times = LOGINS_EACH): Promise<number> {
  const durations: number[] = [];
  for (let n = 0; n < times * people.length; n++) {
    const { email, password } = people[n % people.length]!;
    const start = performance.now();
    const answer = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    await answer.text();
    if (answer.status !== 200) throw new Error(`a login was answered ${answer.status}`);
    durations.push(performance.now() - start);
  }
  return quantile(
    durations.sort((a, b) => a - b),
    0.5,
  );
}
