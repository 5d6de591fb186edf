import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { blocksOf, pages, type Block } from '../support/process/markdown';
import { ROOT } from '../support/process/program';
import { register } from '../support/http/accounts';
import { startService, type Service } from '../support/process/service';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

const TEST_PAGE = 'docs/integrate/use-it-in-your-tests.md';
const ADMINISTRATION_PAGE = 'docs/integrate/administration.md';
/** What the mark of a block says. */
const PASTED = /^pasted by the tests(?:; shows (.+))?$/;
const NOT_PASTED = /^not pasted by the tests: .+/;
/** How each shell reads what a person pastes: interactive, without anybody's own settings. */
const SHELLS = { bash: ['--norc', '-i'], zsh: ['-f', '-i'] } as const;
const LIMIT_MS = 50_000;

const shellBlocks = pages()
  .flatMap(blocksOf)
  .filter(({ language }) => language === 'bash' || language === 'sh');
const pastedPages = [...new Set(shellBlocks.filter(isPasted).map(({ page }) => page))];

function isPasted({ mark }: Block): boolean {
  return PASTED.test(mark ?? '');
}

/** Each text that the output of a block must hold. */
function shown({ mark = '' }: Block): string[] {
  return PASTED.exec(mark)?.[1]?.split('; shows ') ?? [];
}

describe('the blocks of the README and the docs', () => {
  it.each(shellBlocks.map((block) => [`${block.page}:${block.line}`, block] as const))(
    '%s can be pasted into any shell: no comments, and it says whether the tests paste it',
    (_place, { text, mark = '' }) => {
      // An interactive zsh takes a "#" for a command, unless somebody has set INTERACTIVE_COMMENTS.
      expect(text.split('\n').filter((line) => /(^|\s)#/.test(line))).toEqual([]);
      expect([PASTED, NOT_PASTED].some((form) => form.test(mark))).toBe(true);
    },
  );

  it('have something to paste', () => {
    expect(pastedPages).toEqual(
      expect.arrayContaining(['README.md', TEST_PAGE, 'docs/integrate/sessions.md', 'docs/operate/keys.md']),
    );
  });
});

describe.each(pastedPages)('%s, pasted block by block', (page) => {
  const blocks = shellBlocks.filter((block) => block.page === page && isPasted(block));

  it.each(Object.keys(SHELLS) as (keyof typeof SHELLS)[])('into %s does what it says', async (shell) => {
    const database = await createTestDatabase();
    const directory = workplace();
    const service = await startService({
      databaseUrl: database.url,
      env: { AUTH_ALLOW_DEV_HEADERS: 'true', ...(page === TEST_PAGE && seedSettings(directory)) },
    });
    if (page === ADMINISTRATION_PAGE) await makeAdmin(service, database);
    try {
      const outputs = await paste(shell, directory, blocks, service);
      blocks.forEach((block, at) => {
        const output = outputs[at] ?? '';
        for (const text of shown(block)) expect(output).toContain(text);
        expect(output).not.toMatch(/"request_id"|not found|parse error|No such file|curl: \(/);
      });
    } finally {
      await service.stop();
      await database.drop();
      rmSync(directory, { recursive: true });
    }
  });
});

describe('the compose file for tests', () => {
  let database: TestDatabase;
  let directory: string;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-docs-'));
  });

  afterAll(async () => {
    await service.stop();
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  it('starts the service as it stands there, but for the place of database and file', async () => {
    service = await startService({
      databaseUrl: database.url,
      env: { ...seedSettings(directory), PORT: '0' },
    });
    const login = await fetch(`${service.url}/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'ada@example.com', password: 'analytical engine no 1' }),
    });
    expect(login.status).toBe(200);
    expect(await login.json()).toMatchObject({
      user: {
        teams: [{ name: 'General' }, { name: 'Payments', role: 'owner' }],
        domains: [{ key: 'checkout' }],
      },
    });
  });
});

/** The administrator whom the page about administration asks for. */
async function makeAdmin(service: Service, database: TestDatabase): Promise<void> {
  const { id } = await register(service, { email: 'admin@example.com', name: 'Ada Lovelace' });
  await database.query(`UPDATE users SET role = 'admin' WHERE id = $1`, [id]);
}

/** A folder with everything of the project in it, where a block may leave files. */
function workplace(): string {
  const directory = mkdtempSync(join(tmpdir(), 'promptstack-auth-docs-'));
  for (const name of readdirSync(ROOT)) {
    if (name !== '.data' && name !== '.env') symlinkSync(join(ROOT, name), join(directory, name));
  }
  return directory;
}

/** The settings of the compose file on the page about tests, with its file of test data in this folder. */
function seedSettings(directory: string): Record<string, string> {
  const block = (language: string) =>
    blocksOf(TEST_PAGE).find((one) => one.language === language)?.text ?? '';
  const { services } = parse(block('yaml')) as {
    services: { auth: { environment: Record<string, string> } };
  };
  const { DATABASE_URL, AUTH_SEED_FILE, ...settings } = services.auth.environment;
  expect([DATABASE_URL, AUTH_SEED_FILE]).toEqual([expect.any(String), expect.any(String)]);
  const path = join(directory, 'seed.json');
  writeFileSync(path, block('json'));
  return { ...settings, AUTH_SEED_FILE: path };
}

/** Pastes blocks into one shell, one after the other; answers what each printed. */
async function paste(
  shell: keyof typeof SHELLS,
  directory: string,
  blocks: readonly Block[],
  service: Service,
): Promise<string[]> {
  const mark = (at: number) => `end of block ${at}`;
  const input = blocks
    .map(({ text }) => text.replaceAll('http://localhost:8001', service.url))
    .map((text, at) => `${text}\necho "end of"" block ${at}"\n`)
    .join('');
  const child = spawn(shell, SHELLS[shell], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, TERM: 'dumb' },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    detached: true, // an interactive shell would take the terminal of the tests
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.end(input);
  await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  const outputs: string[] = [];
  for (let at = 0, rest = output; at < blocks.length; at++) {
    const end = rest.indexOf(mark(at));
    if (end < 0) throw new Error(`block ${at} did not come to its end:\n${output}`);
    outputs.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return outputs;
}
