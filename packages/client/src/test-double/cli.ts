#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readPeople } from './people';
import { startTestDouble } from './start';

const USAGE = `usage: promptstack-auth-test-double [--port N] [--people FILE]
  --port N        port on the loopback address; 0: any. Default: 8001
  --people FILE   {"people": [{"email", "name", "password", "teams"?: [name], "domains"?: [key]}]}
Prints {"url", "key"} when it is ready.
`;

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'it cannot start'}\n`);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const { port, people, help } = parseArgs({
    options: { port: { type: 'string' }, people: { type: 'string' }, help: { type: 'boolean' } },
  }).values;
  if (help) {
    process.stdout.write(USAGE);
    return;
  }
  if (port !== undefined && !/^\d{1,5}$/.test(port)) throw new Error(`--port must be a number\n${USAGE}`);
  const double = await startTestDouble({
    port: Number(port ?? 8001),
    people: people === undefined ? [] : readPeople(JSON.parse(readFileSync(people, 'utf8'))),
  });
  process.stdout.write(`${JSON.stringify({ url: double.url, key: double.key })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void double.close());
}
