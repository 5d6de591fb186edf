import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inTurn, SECRET, validate, type Bench, type Side } from '../part';
import { startService } from '../processes';
import { ratioRow } from '../statistics';
import type { Load } from '../throughput';

/** oidc-provider stands among the packages of the interop tests. */
const FOLDER = resolve('test/interop');

/**
 * The doors for services: validation that requires a credential, to the same without; introspection, to validation and to that of
 * oidc-provider, a certified server, where the packages of test/interop are installed.
 */
export async function doors(bench: Bench): Promise<string[][]> {
  const { service, person, databaseUrl } = bench;
  const authorization = makeClient(databaseUrl);
  const env = { DATABASE_URL: databaseUrl, AUTH_JWT_SECRET_KEY: SECRET };
  const closed = await bench.start(startService({ ...env, AUTH_VALIDATE_REQUIRES_CREDENTIAL: 'true' }));
  const open = validate(person.token);
  const asked = { ...open, headers: { ...open.headers, authorization } };
  const sides: Side[] = [
    ['validate', service, open],
    ['with a credential', closed, asked],
    ['introspection', service, introspection('/oauth/introspect', authorization, person.token)],
  ];
  if (existsSync(`${FOLDER}/node_modules`)) sides.push(await oidcProvider(bench));
  else bench.say('oidc-provider is left out: npm ci --prefix test/interop --ignore-scripts installs it\n');
  const rounds = await inTurn(bench, 'doors', sides);
  const ratios = (one: number, other: number) => rounds.map((rates) => rates[one]! / rates[other]!);
  return [
    ratioRow('validate with a required credential to without', ratios(1, 0), '>= 0.97'),
    ratioRow('introspection to validate', ratios(2, 0), '>= 0.90'),
    ...(sides.length > 3 ? [ratioRow("introspection to oidc-provider's", ratios(2, 3), '>= 2.20')] : []),
  ];
}

function introspection(path: string, authorization: string, token: string): Load {
  return {
    name: 'introspection',
    method: 'POST',
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', authorization },
    body: new URLSearchParams({ token }).toString(),
  };
}

/** A service account with a key, as an operator makes it; answers the header that it sends. */
function makeClient(databaseUrl: string): string {
  const command = join(__dirname, '../../src/cli/service-accounts.cli.js');
  const said = execFileSync(process.execPath, [command, 'create', 'bench', '--scopes', 'tokens:validate'], {
    encoding: 'utf8',
    env: { NODE_ENV: 'test', DATABASE_URL: databaseUrl },
  });
  const of = (name: string) => new RegExp(`^${name}: (\\S+)$`, 'm').exec(said)?.[1] ?? '';
  return `Basic ${Buffer.from(`${of('client_id')}:${of('client_secret')}`).toString('base64')}`;
}

async function oidcProvider(bench: Bench): Promise<Side> {
  const child = fork(`${FOLDER}/peers/oidc-provider.mjs`, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [{ port, authorization, token }] = (await once(child, 'message')) as [
    { port: number; authorization: string; token: string },
  ];
  const target = await bench.start(
    Promise.resolve({ name: 'oidc-provider', url: `http://127.0.0.1:${port}`, process: child }),
  );
  return ["oidc-provider's", target, introspection('/token/introspection', authorization, token)];
}
