/**
 * The layer `npm run test:fault`.
 *
 *   node tools/fault.mjs [what Jest takes]    every test of faults
 *   node tools/fault.mjs --report             the experiments on three replicas, longer; writes docs/operate/reliability.md
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const PAGE = join(root, 'docs/operate/reliability.md');
const args = process.argv.slice(2);

if (args.includes('--report')) report(args.filter((arg) => arg !== '--report'));
else process.exit(jest(['test/fault', ...args]));

function report(rest) {
  const folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-report-'));
  const file = join(folder, 'figures');
  writeFileSync(file, '');
  try {
    const status = jest(['-w', '1', 'test/fault/invariants', ...rest], { FAULT_REPORT: file });
    const figures = readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    if (figures.length === 0) throw new Error('no experiment was measured');
    writeFileSync(PAGE, page(figures));
    run(join(root, 'node_modules/.bin/prettier'), ['--write', PAGE]);
    process.exitCode = status;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function jest(parameters, variables = {}) {
  return run(join(root, 'node_modules/.bin/jest'), parameters, variables);
}

function run(program, parameters, variables = {}) {
  const { status, error } = spawnSync(program, parameters, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...variables },
  });
  if (error) throw error;
  return status ?? 1;
}

function page(figures) {
  const seconds = (ms) => (ms / 1000).toFixed(1);
  const rows = figures.map((each) => [
    each.name,
    seconds(each.faultMs),
    each.requests,
    each.succeeded,
    each.refused,
    each.lost,
    seconds(each.longestGapMs),
    seconds(each.recoveryMs),
    seconds(each.slowestAnswerMs),
    each.slowestLivenessMs,
    `${each.acknowledged.users} / ${each.missing.users + each.missing.sessions}`,
    each.revocations,
    each.violations.length === 0 ? 'held' : each.violations.join('; '),
  ]);
  const header = [
    ...['Experiment', 'Fault, s', 'Requests', '2xx', '503', 'No answer', 'Longest gap of writes, s'],
    ...[
      'Recovery, s',
      'Slowest answer, s',
      'Slowest liveness, ms',
      'Users acknowledged / users and sessions lost',
    ],
    ...['Sign-outs acknowledged', 'I1 to I7'],
  ];
  const table = [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  return `# Reliability

For operators: what was done to the service, and what it kept. Written by \`npm run test:fault -- --report\`; the same experiments run
shorter in every run of the tests (\`test/fault/invariants.spec.ts\`).

Three replicas of the built service on one PostgreSQL, ${cpus().length} processors (${cpus()[0]?.model.trim() ?? 'unknown'}),
${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node.js ${process.version}, ${new Date().toISOString().slice(0, 10)}. Clients register, validate, refresh one token at two
replicas at once and sign out, at whichever replica; they remember every acknowledged write. Afterwards each must be there.

${table}

- **Longest gap of writes**: no registration or sign-out succeeded for so long. Where the database is gone, that is the fault itself.
- **Recovery**: from the end of the fault to the next successful write. Nothing is restarted by hand.
- **No answer**: the replica that was asked had just been killed.
- **Invariants**: I1 no token is accepted 2 s after its sign-out was acknowledged; I2 no acknowledged user or session is lost; I3 one child for
  each refresh token; I4 one row for each address; I5 only 2xx, 4xx and 503 with \`Retry-After\`; I6 liveness is 200; I7 no process ends by
  itself.

A rolling restart of three replicas under load behind HAProxy fails no request: \`test/fault/rolling-restart.spec.ts\`.

## Over time

\`npm run soak\` validates tokens at 70 % of what the service manages for 30 minutes, while all its database connections are cut each minute, and
fails when heap, memory, handles or connections grow. This is a run of 30 minutes (\`npm run soak -- --picture FILE\`)
on a machine that was busy with other work, at low priority: 2,259,358 answers at 1,373 a second asked for, all good, p50 8 ms; heap 67 MiB in the second
quarter and 69 in the last, resident memory 187 and 187, open handles 43 and 44:

![Heap, memory, handles, connections, delay of the event loop and rate over a run](soak.svg)
`;
}
