import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Client } from 'pg';
import { inTurn, validate, type Bench } from '../part';
import { ratioRow } from '../statistics';

/** Stands among the packages of the interop tests, which it needs. */
const FOLDER = resolve('test/interop');

/** Against services of others that answer the same question. */
export async function peers(bench: Bench): Promise<string[][]> {
  if (!existsSync(`${FOLDER}/node_modules`)) {
    throw new Error(
      'the part "peers" needs the packages of test/interop: npm ci --prefix test/interop --ignore-scripts',
    );
  }
  const { service, person } = bench;
  const { target, cookie } = await betterAuth(bench);
  const rounds = await inTurn(bench, 'peers', [
    ['validate', service, validate(person.token)],
    [
      'get-session',
      target,
      { name: 'get-session', method: 'GET', path: '/api/auth/get-session', headers: { cookie } },
    ],
  ]);
  const ratios = rounds.map(([own, other]) => own! / other!);
  return [ratioRow("validate to Better Auth's get-session", ratios, '>= 25')];
}

async function betterAuth(bench: Bench) {
  const url = new URL(bench.databaseUrl);
  const client = new Client({ connectionString: bench.databaseUrl });
  await client.connect();
  await client.query('CREATE DATABASE better_auth');
  await client.end();
  url.pathname = '/better_auth';
  const child = fork(`${FOLDER}/peers/better-auth.mjs`, [JSON.stringify({ databaseUrl: url.href })]);
  const [{ port, cookie }] = (await once(child, 'message')) as [{ port: number; cookie: string }];
  const target = await bench.start(
    Promise.resolve({ name: 'Better Auth', url: `http://127.0.0.1:${port}`, process: child }),
  );
  return { target, cookie };
}
