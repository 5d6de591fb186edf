import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '@promptstack/dev-services/embedded-postgres';
import { numberOption, runCommand, say, textOption } from './command';
import { SECRET, type Bench, type Part } from './part';
import { batches } from './parts/batches';
import { domains } from './parts/domains';
import { doors } from './parts/doors';
import { hotRoutes } from './parts/hot-routes';
import { latencies } from './parts/latencies';
import { mail } from './parts/mail';
import { manyUsers } from './parts/many-users';
import { operation } from './parts/operation';
import { peers } from './parts/peers';
import { signatures } from './parts/signatures';
import { withoutMemory } from './parts/without-memory';
import { registered } from './people';
import { startReference, startService, type Target } from './processes';
import { table } from './statistics';

/** Each measures one thing and answers its rows of the table; `--only` names some. */
const PARTS: Readonly<Record<string, readonly [what: string, part: Part]>> = {
  'hot-routes': ['validate, verify and me with 32 connections, to both floors', hotRoutes],
  batches: ['tokens per second in batches of 50, to single calls', batches],
  'without-memory': ['a service that remembers nothing, to the floor with a statement', withoutMemory],
  signatures: ['ES256, to a floor that verifies each token', signatures],
  latencies: ['p99 at an even rate: to the floor, and under 8 logins at a time', latencies],
  'many-users': [
    'a working set of --users users, also while 1 % change per second; memory of each',
    manyUsers,
  ],
  operation: ['limits, audit log and metrics on, to off: validate and login', operation],
  peers: ['services of others from npm that answer the same question', peers],
  doors: ['a required credential, and introspection, to validate and to oidc-provider', doors],
  mail: ['mails per second, and validate, login and start beside a mail server that hangs', mail],
  domains: ['the statement that reads a user with domains of a tree of 10,000', domains],
};

/** What needs no further packages. */
const BY_DEFAULT = Object.keys(PARTS).filter((name) => name !== 'peers');

const HELP = `npm run bench [-- --rounds N] [--seconds N] [--users N] [--only PART,PART]

Measures the service against a floor, in turn, in one run, and prints ratios. The floor is bare node:http with the same check of tokens
that answers (a) from memory or (b) by one prepared statement. Parts (all but peers, which wants the packages of test/interop):
${Object.entries(PARTS)
  .map(([name, [what]]) => `  ${name.padEnd(16)}${what}`)
  .join('\n')}
`;

async function main(args: string[]): Promise<void> {
  if (args.includes('--help')) return say(HELP);
  const parts = (textOption(args, '--only') ?? BY_DEFAULT.join(',')).split(',').map((name) => {
    const [, part] = PARTS[name] ?? [];
    if (!part) throw new Error(`--only has ${name}; there are ${Object.keys(PARTS).join(', ')}`);
    return part;
  });
  const options = {
    rounds: numberOption(args, '--rounds', 5),
    seconds: numberOption(args, '--seconds', 3),
    users: numberOption(args, '--users', 20_000),
  };
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-bench-'));
  const database = await startEmbeddedPostgres({ directory, durability: 'throwaway' });
  const targets: Target[] = [];
  const start = async (starting: Promise<Target>) => {
    const target = await starting;
    targets.push(target);
    return target;
  };
  try {
    const service = await start(startService({ DATABASE_URL: database.url, AUTH_JWT_SECRET_KEY: SECRET }));
    const person = await registered(service, 'bench@example.com');
    const reference = { secret: SECRET, databaseUrl: database.url, user: person.user };
    const bench: Bench = {
      ...options,
      databaseUrl: database.url,
      service,
      memory: await start(startReference('memory', reference)),
      statement: await start(startReference('database', reference)),
      person,
      start,
      say,
    };
    say(
      `Node ${process.version}, ${availableParallelism()} cores, ${options.rounds} rounds of ${options.seconds} s\n\n`,
    );
    const rows: string[][] = [];
    for (const part of parts) rows.push(...(await part(bench)));
    say(`\n${table([['ratio', 'min', 'median', 'max', 'mark'], ...rows])}\n`);
  } finally {
    targets.forEach((target) => target.process.kill('SIGKILL'));
    await database.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

runCommand(main);
