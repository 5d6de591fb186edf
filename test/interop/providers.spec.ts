import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { flushedLogs } from '../support/process/flushed-logs';
import { blocksOf } from '../support/process/markdown';
import { expectAccepted, type Person } from '../support/tokens/token-outcome';
import { writeIssuersFile } from '../support/providers/issuers-file';
import { validate } from '../support/providers/oidc';
import { startService, type Service } from '../support/process/service';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';
import { PROVIDERS, type InteropProvider } from './providers';
import { holdRow, namesIn, RUNS_ALL } from './result-table';

const chosen = PROVIDERS.filter(
  ({ large, program }) => (RUNS_ALL || large !== true) && (program === undefined || isInstalled(program)),
);

/** What a provider says when it runs and has signed a user in. */
interface Running {
  readonly issuer: string;
  readonly audience?: string;
  readonly jwksUrl?: string;
  readonly user: Partial<Person>;
  readonly tokens: Readonly<Record<string, string>>;
  /** Tokens that are refused, by the reason in the log. */
  readonly refused: Readonly<Record<string, string>>;
  readonly versions: readonly string[];
}

const running = new Map<string, Running>();
const failures = new Map<string, unknown>();
const processes: ChildProcess[] = [];
let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  const [made] = await Promise.all([
    createTestDatabase(),
    ...chosen.map((provider) =>
      start(provider).then(
        (answer) => running.set(provider.name, answer),
        (error: unknown) => failures.set(provider.name, error), // its own tests fail
      ),
    ),
  ]);
  database = made;
  service = await startService({
    databaseUrl: database.url,
    env: {
      AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(chosen.filter(({ name }) => running.has(name)).map(entryOf)),
    },
  });
}, 300_000);

afterAll(async () => {
  for (const process of processes) process.kill();
  await service?.stop();
  await database?.drop();
});

describe.each(chosen)('$name', (provider) => {
  const { name } = provider;
  beforeAll(() => {
    if (failures.has(name)) throw failures.get(name);
  });

  it('has its other tokens refused, for a reason that the log names', async () => {
    for (const [reason, token] of Object.entries((running.get(name) as Running).refused)) {
      const { status, body } = await validate(service, token);
      expect([reason, status, body.valid]).toEqual([reason, 200, false]);
      const refusal = (await flushedLogs(service)).findLast(({ msg }) => msg === 'token refused');
      expect(refusal?.reason).toBe(reason);
    }
  });

  it('signs a user in with the tokens of a real flow and the entry of the page, unless it signs none', async () => {
    const { tokens, user, refused } = running.get(name) as Running;
    expect(Object.keys(tokens).length > 0 || Object.keys(refused)).toEqual(
      name === 'Firebase emulator' ? ['unsigned'] : true,
    );
    let id: string | undefined;
    for (const token of Object.values(tokens)) {
      const person = await expectAccepted(service, token, { ...(id !== undefined && { id }) });
      expect(person).toMatchObject({ ...user, email_verified: true });
      id = person.id;
    }
  });

  it('has its row of these results in docs/integrate/tested-with.md', () => {
    const { versions, tokens, refused } = running.get(name) as Running;
    holdRow('providers', [
      linkTo(provider),
      versions[0]?.split(' ').at(-1),
      Object.keys(tokens).join(', '),
      provider.there,
      provider.here,
      Object.keys(tokens).length > 0 ? 'signs users in' : '**cannot sign users in**',
      Object.keys(refused)
        .map((reason) => `\`${reason}\``)
        .join(', '),
    ]);
  });
});

function linkTo({ name, page }: InteropProvider): string {
  return `[${name}](../oidc/${page})`;
}

/** CI must have them all. */
function isInstalled(program: string): boolean {
  return process.env.CI === 'true' || existsSync(program);
}

it('docs/integrate/tested-with.md has a row for each provider, and no other', () => {
  expect(namesIn('providers').sort()).toEqual(PROVIDERS.map(linkTo).sort());
});

/** The entry that the page shows for the provider, at the address where it runs. */
function entryOf({ name, page, block }: InteropProvider): Record<string, unknown> {
  const entries = blocksOf(join('docs/oidc', page))
    .filter(({ language }) => language === 'json')
    .map(({ text }) => JSON.parse(text) as Record<string, unknown>)
    .filter(({ issuer }) => issuer !== undefined);
  const entry = entries[block];
  if (!entry) throw new Error(`${page} has no entry ${block}`);
  const { issuer, audience = entry.audience, jwksUrl } = running.get(name) as Running;
  return { ...entry, issuer, audience, ...('jwks_url' in entry && { jwks_url: jwksUrl }) };
}

async function start({ name, file }: InteropProvider): Promise<Running> {
  const folder = join(__dirname, 'providers');
  const child = spawn(process.execPath, [join(folder, 'run.mjs'), join(folder, file)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  processes.push(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const question = { port: await freePort(), folder: mkdtempSync(join(tmpdir(), 'promptstack-provider-')) };
  child.stdin.write(`${JSON.stringify(question)}\n`);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"')) return JSON.parse(line) as Running;
  }
  throw new Error(`${name} did not start:\n${errors}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
