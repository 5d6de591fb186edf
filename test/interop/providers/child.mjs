import { execFileSync, spawn } from 'node:child_process';

/** Starts a program that is ended with this process; fails with what it has written when `url` is not answered in time. */
export async function startProgram(command, args, { url, limitMs = 60_000, ...options }) {
  let output = '';
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const keep = (chunk) => (output = (output + chunk).slice(-10_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  process.on('exit', () => child.kill());
  for (let tries = 0; tries < limitMs / 100; tries++) {
    if (child.exitCode !== null) break;
    if (await answers(url)) return () => output;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${command} does not answer: ${output}`);
}

const answers = (url) =>
  fetch(url).then(
    () => true,
    () => false,
  );

/** Name and version of a Debian package, as the packages of npm have it. */
export const packaged = (name) =>
  `${name} ${/\d+(\.\d+)+/.exec(execFileSync('/usr/bin/dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' }))[0]}`;
