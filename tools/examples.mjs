/**
 * Runs the auth service with an empty database, and the services of examples/ beside it, until a signal:
 *
 *   npm run examples          SERVICE_PORT (8001), NEST_PORT (3001) and FASTAPI_PORT (3002) move them; PYTHON (python3)
 *
 * The build has been made, and DATABASE_URL set, by the script of package.json.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const nest = join(root, 'examples/nest');
const fastapi = join(root, 'examples/fastapi');
const START_LIMIT_MS = 60_000;
const {
  SERVICE_PORT = '8001',
  NEST_PORT = '3001',
  FASTAPI_PORT = '3002',
  PYTHON = 'python3',
  PYTHONPATH,
} = process.env;
const url = `http://localhost:${SERVICE_PORT}`;

const running = [];
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());
try {
  await main();
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
} finally {
  await stop();
}

async function main() {
  prepare();
  const secret = randomBytes(32).toString('base64url');
  const service = start('auth service', process.execPath, ['dist/src/main.js'], {
    cwd: root,
    env: { PORT: SERVICE_PORT, AUTH_JWT_SECRET_KEY: secret, AUTH_LOG_LEVEL: 'warn' },
  });
  await isUp(service, `${url}/health/ready`);
  const consumer = { AUTH_URL: url, AUTH_KEY: makeKey() };
  const consumers = [
    { name: 'NestJS', port: NEST_PORT, program: process.execPath, args: ['dist/main.js'], cwd: nest },
    {
      name: 'FastAPI',
      port: FASTAPI_PORT,
      program: PYTHON,
      args: ['-m', 'uvicorn', 'main:app', '--port', FASTAPI_PORT, '--log-level', 'warning'],
      cwd: fastapi,
    },
  ].filter(({ name }) => name !== 'FastAPI' || hasFastApi());
  for (const { name, port, program, args, cwd } of consumers) {
    const paths = [join(root, 'clients/python'), PYTHONPATH].filter(Boolean).join(':');
    const child = start(name, program, args, { cwd, env: { ...consumer, PORT: port, PYTHONPATH: paths } });
    await isUp(child, `http://localhost:${port}/health`);
  }
  say(`auth service ${url}`);
  for (const { name, port } of consumers) say(`${name} http://localhost:${port}`);
  say('ready: see examples/README.md; Ctrl-C stops all');
  await Promise.race(running.map(({ ended }) => ended).concat(once(stopping.signal, 'abort')));
}

/** The client and the example in TypeScript are built. */
function prepare() {
  run(process.execPath, [join(root, 'packages/client/build.mjs')], root);
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], nest);
}

/** A key of a service account that may validate tokens and follow the event feed. */
function makeKey() {
  const name = `Examples ${Date.now()}`;
  const args = ['dist/src/cli/service-accounts.cli.js', 'create', name, '--scopes', 'tokens:validate'];
  const [key] = /psk_[\w-]+/.exec(run(process.execPath, args, root)) ?? [];
  if (!key) throw new Error('no key was made');
  return key;
}

function hasFastApi() {
  const has = spawnSync(PYTHON, ['-c', 'import fastapi, uvicorn, httpx']).status === 0;
  if (!has) say(`FastAPI is left out: ${PYTHON} has not all of fastapi, uvicorn and httpx`);
  return has;
}

function run(program, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Starts a process whose end is the end of all. */
function start(name, program, args, { cwd, env }) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true, // Ctrl-C reaches this process, which stops them in order
  });
  const ended = once(child, 'exit').then(() => {
    if (!stopping.signal.aborted) throw new Error(`${name} has ended`);
  });
  ended.catch(() => undefined);
  running.push({ child, ended });
  return { name, ended };
}

async function isUp({ name, ended }, address) {
  const deadline = Date.now() + START_LIMIT_MS;
  while (!stopping.signal.aborted) {
    const { ok = false } = await Promise.race([ended, fetch(address).catch(() => ({}))]);
    if (ok) return;
    if (Date.now() > deadline) throw new Error(`${name} did not come up`);
    await sleep(100);
  }
  throw new Error('stopped');
}

/** Consumers first. */
async function stop() {
  stopping.abort();
  for (const { child, ended } of running.reverse()) {
    child.kill('SIGTERM');
    await Promise.race([ended.catch(() => undefined), sleep(10_000)]);
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  }
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
