/**
 * Runs every check, also after one has failed, and says at the end how many passed. Each test is counted, and each other
 * check as one test.
 *
 *   node tools/check.mjs        what `npm run check` does: the tests layer by layer
 *   node tools/check.mjs --ci   what `.ci/run` does: first the commands of the README, on a fresh clone
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

/** No check takes nearly as long; one that hangs is ended, and has failed. */
const LIMIT_MS = 50 * 60_000;
/** More files than this have not failed by accident. */
const MAX_FILES_ONCE_MORE = 15;
/** What the image ships, and the other ends of what `engines` in package.json allows. */
const SHIPPED_NODE = readFileSync('.node-version', 'utf8').trim();
const OTHER_NODES = ['20.19.0', '22.23.3', '26.10.0'];

const BEFORE_TESTS = ['format:check', 'lint', 'typecheck', 'deps:check', 'knip'].map(script);
const AFTER_TESTS = ['openapi:check', 'openapi:lint', 'migration:check'].map(script);
const IMAGE_CHECK = script('image:check');
const LAYERS = ['unit', 'integration', 'e2e', 'contract', 'fault'].map((layer) => ({
  ...script(`test:${layer}`),
  tests: true,
}));

const INTEROP = { ...script('test:interop'), tests: true, again: ['node', 'tools/interop.mjs'] };

const PLAN = [
  ...BEFORE_TESTS,
  { ...script('build'), gate: true },
  ...LAYERS,
  INTEROP,
  ...AFTER_TESTS,
  IMAGE_CHECK,
];

// Variables, once other versions of Node.js have been brought.
const forTests = {};
const forImage = {};
const CI_GATES = [
  { name: 'npm ci', command: ['npm', 'ci'], gate: true },
  { name: 'other Node.js', act: bringNodes },
];
/** The service under test runs on the Node.js that the image ships; `test/fault/node-versions.spec.ts` is about the others. */
const CI_TESTS = [
  { name: 'npm test', command: ['npm', 'test'], variables: forTests, tests: true },
  INTEROP, // a dozen servers of others at once: not beside tests of what happens when
];
/** Beside the tests, which wait more than they compute. */
const CI_BESIDE = [
  ...BEFORE_TESTS,
  ...AFTER_TESTS,
  { ...IMAGE_CHECK, variables: forImage, needsNode: true },
].map((step) => ({ ...step, beside: true }));

/** @param {string} name of a script in package.json */
function script(name) {
  return { name, command: ['npm', 'run', '-s', name] };
}

const summaryFolder = mkdtempSync(join(tmpdir(), 'promptstack-auth-check-'));
let blocked; // the gate that failed: what needs it is not run
const results = process.argv.includes('--ci')
  ? [...(await takeAll(CI_GATES)), ...(await Promise.all([CI_TESTS, CI_BESIDE].map(takeAll))).flat()]
  : await takeAll(PLAN);
for (const result of results) Object.assign(result, await onceMore(result));
rmSync(summaryFolder, { recursive: true });

const passed = sum(results.map((result) => result.passed));
const failed = sum(results.map((result) => result.failed));
process.stdout.write(`\n${results.map(line).join('\n')}\n\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** Takes steps one after the other. */
async function takeAll(steps) {
  const taken = [];
  for (const step of steps) taken.push(await take(step));
  return taken;
}

async function take(step) {
  const { name, gate = false, tests = false } = step;
  const title = `\n── ${name}\n`;
  const reason = whyNot(step);
  if (reason !== undefined) {
    process.stdout.write(`${title}not run: ${reason}\n`);
    return { name, seconds: 0, passed: 0, failed: 1, note: 'not run' };
  }
  const begin = performance.now();
  const summaryFile = join(summaryFolder, `${name.replaceAll(/\W/g, '-')}.json`);
  const ok = (await perform(step, title, summaryFile)) === 0;
  const seconds = (performance.now() - begin) / 1000;
  if (gate && !ok) blocked = name;
  if (!tests) return { name, seconds, passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  return { name, seconds, step, ...testCounts(summaryFile, ok) };
}

/** Answers the exit status. */
function perform({ command, act, variables, tests, beside }, title, summaryFile) {
  if (!beside) process.stdout.write(title);
  if (act) return act();
  return run(
    command,
    { ...variables, ...(tests && { TEST_SUMMARY_FILE: summaryFile }) },
    beside ? title : undefined,
  );
}

/**
 * Runs the few files that failed once more, each by itself and with nothing beside: a fault stays, a test that wanted more of
 * a busy machine than it had does not. Both outcomes are told.
 */
async function onceMore({ step, passed, failed, failedFiles: files = [] }) {
  if (files.length === 0 || files.length > MAX_FILES_ONCE_MORE) return {};
  const names = files.map((file) => relative('.', file)).join(', ');
  process.stdout.write(`\n── once more, alone: ${names}\n`);
  const summaryFile = join(summaryFolder, 'again.json');
  const { variables, again = ['npx', 'jest'] } = step;
  const status = await run([...again, '--runInBand', '--runTestsByPath', ...files], {
    ...variables,
    TEST_SUMMARY_FILE: summaryFile,
  });
  const alone = testCounts(summaryFile, status === 0).failed;
  const note = `${failed} failed at first in ${names}; alone ${alone} failed`;
  return { passed: passed + failed - alone, failed: alone, note };
}

/** Why a step cannot be taken. */
function whyNot({ variables, needsNode = false, tests }) {
  if (needsNode && Object.keys(variables).length === 0) return 'its Node.js is missing';
  if (blocked !== undefined && (tests || blocked === 'npm ci')) return `${blocked} failed`;
  return undefined;
}

/** Brings Node.js of other versions, as the npm package `node` holds them, for what starts the service on them. */
async function bringNodes() {
  const bring = async (version) => {
    const parameters = ['--yes', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath'];
    const { stdout } = await promisify(execFile)('npm', ['exec', ...parameters], { timeout: LIMIT_MS });
    process.stdout.write(`${version}: ${stdout}`);
    return stdout.trim();
  };
  try {
    const [shipped, ...others] = await Promise.all([SHIPPED_NODE, ...OTHER_NODES].map(bring));
    Object.assign(forTests, { TEST_NODE: shipped, TEST_OTHER_NODES: others.join(delimiter) });
    Object.assign(forImage, { PATH: [dirname(shipped), process.env.PATH].join(delimiter) });
    return 0;
  } catch (error) {
    process.stdout.write(`${error.message}\n`);
    return 1;
  }
}

function testCounts(file, ok) {
  let counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    counts = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    ok = false; // Jest did not come to its end, or did not begin
  }
  const failed = counts.failed + counts.skipped;
  const note = counts.skipped > 0 ? `${counts.skipped} skipped count as failed` : undefined;
  return {
    passed: counts.passed,
    failed: ok ? failed : Math.max(1, failed),
    note,
    failedFiles: counts.failedFiles,
  };
}

/**
 * Ends with the exit status; what a signal ended, or what could not start, has status 1. With a title, the output is written
 * as one, behind it, at the end.
 */
function run([program, ...parameters], variables, title) {
  const output = title === undefined ? 'inherit' : 'pipe';
  const child = spawn(program, parameters, {
    stdio: ['ignore', output, output],
    env: { ...process.env, ...variables },
    detached: true, // a group of its own, to end the check with all that it started
  });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => chunks.push(chunk));
  const end = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // it has ended
    }
  };
  const limit = setTimeout(() => {
    process.stdout.write(`ended after ${LIMIT_MS / 1000} s\n`);
    end('SIGTERM');
    setTimeout(() => end('SIGKILL'), 10_000).unref();
  }, LIMIT_MS);
  const interrupt = () => {
    end('SIGTERM');
    process.exit(130);
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  return new Promise((resolve) => {
    const done = (status) => {
      clearTimeout(limit);
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
      if (title !== undefined) process.stdout.write(title + Buffer.concat(chunks).toString());
      resolve(status);
    };
    child.once('error', (error) => {
      process.stdout.write(`${error.message}\n`);
      done(1);
    });
    child.once(title === undefined ? 'exit' : 'close', (code) => done(code ?? 1));
  });
}

function line({ name, seconds, passed: good, failed: bad, note }) {
  const mark = bad === 0 ? 'ok    ' : 'FAILED';
  const counts = good + bad === 1 ? '' : `${good} passed, ${bad} failed`;
  return [mark, name.padEnd(18), `${seconds.toFixed(1).padStart(6)} s`, counts, note ?? '']
    .filter(Boolean)
    .join('  ');
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
