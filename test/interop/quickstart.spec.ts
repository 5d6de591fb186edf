import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModuleKind, transpile } from 'typescript';
import { startTestDouble, type TestDouble } from '../../packages/client/src/test-double';
import { bearer, send } from '../support/http/http';
import { describeWith, freePort } from '../support/process/debian';
import { ended } from '../support/process/ended';
import { eventually } from '../support/process/eventually';
import { blocksOf } from '../support/process/markdown';
import { NODE, PATH } from '../support/process/node';
import { ROOT, run } from '../support/process/program';

const PAGE = 'docs/integrate/quickstart.md';
const PYTHON = '/usr/bin/python3';
const LIMIT_MS = 60_000;

let folder: string;

/** As npm links it where the package is installed; here it was not built when npm looked for it. */
function linkCommand(): void {
  const program = join(ROOT, 'packages/client/dist/test-double/cli.js');
  const link = join(ROOT, 'node_modules/.bin/promptstack-auth-test-double');
  chmodSync(program, 0o755);
  if (!existsSync(link)) symlinkSync(program, link);
}
let double: TestDouble;
beforeAll(async () => {
  double = await startTestDouble();
  folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-quickstart-'));
  const built = await run('npm', ['run', '-s', 'build', '-w', '@promptstack/auth-client'], { HOME: folder });
  expect(built).toMatchObject({ status: 0 });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  linkCommand();
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

describe('docs/integrate/test-double.md', () => {
  const DOUBLE_PAGE = 'docs/integrate/test-double.md';
  const blockOf = (language: string) =>
    blocksOf(DOUBLE_PAGE).find((block) => block.language === language)?.text ?? '';

  it('its program runs as it stands', async () => {
    writeFileSync(
      join(folder, 'double.js'),
      `${blockOf('ts')}\nprocess.stdout.write(access_token.split('.').length + ' parts');\n`,
    );
    const { status, output } = await run(NODE, ['double.js'], {}, folder);
    expect({ status, output }).toEqual({ status: 0, output: '3 parts' });
  });

  it('its command starts the double with the people of its file', async () => {
    const [, command = ''] =
      /`(npx promptstack-auth-test-double [^`]*)`/.exec(readFileSync(join(ROOT, DOUBLE_PAGE), 'utf8')) ?? [];
    writeFileSync(join(folder, 'people.json'), blockOf('json'));
    const port = await freePort();
    const child = spawn('bash', ['-c', `exec ${command.replace('--port 8001', `--port ${port}`)}`], {
      cwd: folder,
      env: { ...process.env, PATH },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    try {
      const line = await eventually('it is ready', () => {
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${errors}`);
        return /^(.*)\n/.exec(output)?.[1];
      });
      const started = JSON.parse(line) as { url: string; key: string };
      expect(started).toEqual({
        url: `http://127.0.0.1:${port}`,
        key: expect.stringMatching(/^psk_[\w-]{26,200}$/) as string,
      });
      const [person] = (JSON.parse(blockOf('json')) as { people: { email: string; password: string }[] })
        .people;
      const signedIn = await send(started, 'POST', '/auth/login', {
        body: { email: person?.email, password: person?.password },
      });
      expect(signedIn).toMatchObject({
        status: 200,
        body: { user: { teams: [{ name: 'Payments' }], effective_domains: [{ key: 'shop' }] } },
      });
      expect(output.trim().split('\n')).toHaveLength(1);
    } finally {
      if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGTERM');
      await ended(child);
    }
  });
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
