/** A server of Debian's packages with a configuration of its own, in a folder that goes with it. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts it; answers a function that asks it with a token. It ends with this process. */
export async function startProgram(program, args, files, port) {
  const folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-interop-'));
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), content.replaceAll('FOLDER', folder));
  const child = spawn(
    program,
    args.map((arg) => arg.replaceAll('FOLDER', folder)),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  process.on('exit', () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const ask = (token) =>
    fetch(`http://127.0.0.1:${port}/`, { headers: { Authorization: `Bearer ${token}` } });
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries === 400) throw new Error(`${program} did not start:\n${output}`);
    if (
      await ask('x').then(
        () => true,
        () => false,
      )
    )
      break;
    await sleep(25);
  }
  return async (token) => {
    const answer = await ask(token);
    if (answer.status !== 200) throw new Error(`${answer.status}`);
    return answer.json();
  };
}
