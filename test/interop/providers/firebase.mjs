import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { startProgram } from './child.mjs';

const VERSION = '15.34.2';
/** Too large (300 MB) for the packages of these tests: it is installed at its first run, and stays for the next. */
const INSTALLED = join(homedir(), '.cache', `promptstack-interop-firebase-tools-${VERSION}`);
const PROGRAM = join(INSTALLED, 'node_modules/firebase-tools/lib/bin/firebase.js');

function install() {
  mkdirSync(INSTALLED, { recursive: true });
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefix', INSTALLED];
  execFileSync('npm', ['install', ...options, `firebase-tools@${VERSION}`], {
    stdio: 'pipe',
    cwd: INSTALLED,
  });
}

export default async ({ port, folder }) => {
  const host = '127.0.0.1';
  const emulators = { auth: { host, port }, ui: { enabled: false }, hub: { host, port: port + 1 } };
  writeFileSync(
    join(folder, 'firebase.json'),
    JSON.stringify({ emulators: { ...emulators, logging: { host, port: port + 2 } } }),
  );
  const url = `http://${host}:${port}`;
  const start = ['emulators:start', '--only', 'auth', '--project', 'demo-prompts'];
  if (!existsSync(PROGRAM)) install();
  await startProgram(process.execPath, [PROGRAM, ...start], { url, cwd: folder, limitMs: 200_000 });
  const answer = await fetch(`${url}/identitytoolkit.googleapis.com/v1/accounts:signUp?key=any`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      email: 'ada@firebase.example',
      password: 'correct horse battery',
      returnSecureToken: true,
    }),
  });
  const { idToken } = await answer.json();
  return {
    versions: [`firebase-tools ${VERSION}`],
    issuer: JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url')).iss,
    audience: 'demo-prompts',
    jwksUrl: `${url}/keys`, // it has none
    user: {},
    tokens: {},
    refused: { unsigned: idToken },
  };
};
