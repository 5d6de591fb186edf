import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModuleKind, transpile } from 'typescript';
import { startTestDouble, type TestDouble } from '../../packages/client/src/test-double';
import { bearer, send } from '../support/http/http';
import { describeWith, freePort } from '../support/process/debian';
import { ended } from '../support/process/ended';
import { eventually } from '../support/process/eventually';
import { blocksOf } from '../support/process/markdown';
import { NODE } from '../support/process/node';
import { ROOT, run } from '../support/process/program';

const PAGE = 'docs/integrate/quickstart.md';
const PYTHON = '/usr/bin/python3';
const LIMIT_MS = 60_000;

let folder: string;
let double: TestDouble;
beforeAll(async () => {
  double = await startTestDouble();
  folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-quickstart-'));
  const built = await run('npm', ['run', '-s', 'build', '-w', '@promptstack/auth-client'], { HOME: folder });
  expect(built).toMatchObject({ status: 0 });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  mkdirSync(join(folder, 'nest'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'nest/package.json'), '{"type":"commonjs"}');
}, LIMIT_MS);
afterAll(async () => {
  await double.close();
  rmSync(folder, { recursive: true });
});

/** The program of a section of the page. */
function programOf(language: string, word: string): string {
  const block = blocksOf(PAGE).find((each) => each.language === language && each.text.includes(word));
  if (!block) throw new Error(`${PAGE} has no program with ${word}`);
  return block.text;
}

/** Runs a program of the page, and asks it as its users would. */
async function hold(
  program: string,
  args: (port: number) => readonly string[],
  env: Record<string, string> = {},
) {
  const port = await freePort();
  const child: ChildProcess = spawn(program, args(port), {
    cwd: folder,
    env: { ...process.env, AUTH_URL: double.url, AUTH_KEY: double.key, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const consumer = { url: `http://127.0.0.1:${port}` };
  try {
    const anonymous = await eventually('the program answers', () => {
      if (child.exitCode !== null) throw new Error(output);
      return send(consumer, 'GET', '/me').catch(() => undefined);
    });
    expect([anonymous.status, anonymous.headers.get('WWW-Authenticate')]).toEqual([401, 'Bearer']);
    const token = double.signIn('ada@example.com').access_token;
    const good = await send(consumer, 'GET', '/me', { headers: bearer(token) });
    expect({ status: good.status, body: good.body }).toEqual({
      status: 200,
      body: { email: 'ada@example.com' },
    });
    double.revoke({ token });
    await eventually('it is refused', async () => {
      const { status } = await send(consumer, 'GET', '/me', { headers: bearer(token) });
      return status === 401 || undefined;
    });
  } finally {
    child.kill('SIGTERM');
    await ended(child);
  }
}

describe('the programs of the quickstart', () => {
  it(
    'Express',
    async () => {
      writeFileSync(join(folder, 'express.js'), programOf('js', 'express()'));
      await hold(NODE, () => ['express.js']);
    },
    LIMIT_MS,
  );

  it(
    'Fastify',
    async () => {
      writeFileSync(join(folder, 'fastify.js'), programOf('js', 'fastify()'));
      await hold(NODE, () => ['fastify.js']);
    },
    LIMIT_MS,
  );

  it(
    'NestJS',
    async () => {
      const options = { module: ModuleKind.CommonJS, experimentalDecorators: true, esModuleInterop: true };
      writeFileSync(join(folder, 'nest/main.js'), transpile(programOf('ts', 'NestFactory'), options));
      await hold(NODE, () => ['nest/main.js']);
    },
    LIMIT_MS,
  );
});

describeWith([PYTHON, ...['fastapi', 'uvicorn'].map((name) => `/usr/lib/python3/dist-packages/${name}`)])(
  'the program of the quickstart in Python',
  () => {
    it(
      'FastAPI',
      async () => {
        writeFileSync(join(folder, 'main.py'), programOf('python', 'FastAPI()'));
        const args = (port: number) => ['-m', 'uvicorn', 'main:app', '--port', String(port)];
        await hold(PYTHON, args, { PYTHONPATH: join(ROOT, 'clients/python') });
      },
      LIMIT_MS,
    );
  },
);
