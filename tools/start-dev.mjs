/**
 * `npm run start:dev`: runs the service, and after each change builds and starts it again. A change that does not compile
 * is told, and leaves the service running. Types are checked beside it.
 */
import { spawn } from 'node:child_process';
import { existsSync, realpathSync, watch } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from './build/builds.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const WATCHED = ['src', 'migrations', 'packages', 'ormconfig.ts', '.env'];
/** Editors write a file in several steps, and several files at once. */
const PAUSE_MS = 100;

let service;
let typeCheck;
let stopping = false;
let timer;
let round = Promise.resolve();

for (const path of WATCHED.map((name) => join(root, name)).filter(existsSync)) {
  watch(path, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => (round = round.then(takeChange)), PAUSE_MS);
  });
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop());
round = round.then(takeChange);

async function takeChange() {
  try {
    await ensureBuild(root);
  } catch (error) {
    say(`${error.message}\nThe service runs on as it was.`);
    return;
  }
  await end(service);
  if (stopping) return;
  service = start();
  checkTypes();
}

function start() {
  const main = join(realpathSync(join(root, 'dist')), 'src/main.js');
  const child = spawn(process.execPath, ['--enable-source-maps', main], { cwd: root, stdio: 'inherit' });
  child.once('exit', (status, signal) => {
    if (!stopping && child === service)
      say(`The service ended (${status ?? signal}); the next change starts it again.`);
  });
  return child;
}

function checkTypes() {
  void end(typeCheck);
  typeCheck = spawn('npm', ['run', '-s', 'typecheck'], { cwd: root, stdio: 'inherit', detached: true });
}

/** Asks a child to stop, and waits until it has. */
function end(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  if (child === service) service = undefined;
  return new Promise((done) => {
    child.once('exit', done);
    if (child === typeCheck) process.kill(-child.pid, 'SIGTERM');
    else child.kill('SIGTERM');
  });
}

async function stop() {
  stopping = true;
  await Promise.all([end(service), end(typeCheck)]);
  process.exit(0);
}

function say(text) {
  process.stdout.write(`\n${text}\n`);
}
