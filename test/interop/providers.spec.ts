import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
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

const PAGE = join(__dirname, '../../docs/integrate/tested-with.md');
const MARKS = /(<!-- providers: .*-->\n)[^]*(<!-- end of providers -->)/;

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
const processes: ChildProcess[] = [];
let database: TestDatabase;
let service: Service;

beforeAll(async () => {
  const [made] = await Promise.all([
    createTestDatabase(),
    ...PROVIDERS.map(async (provider) => running.set(provider.name, await start(provider))),
  ]);
  database = made;
  service = await startService({
    databaseUrl: database.url,
    env: { AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(PROVIDERS.map(entryOf)) },
  });
}, 120_000);

afterAll(async () => {
  for (const process of processes) process.kill();
  await service?.stop();
  await database?.drop();
});

describe.each(PROVIDERS)('$name', ({ name }) => {
  it('has its other tokens refused, for a reason that the log names', async () => {
    for (const [reason, token] of Object.entries((running.get(name) as Running).refused)) {
      const { status, body } = await validate(service, token);
      expect([reason, status, body.valid]).toEqual([reason, 200, false]);
      const refusal = (await flushedLogs(service)).findLast(({ msg }) => msg === 'token refused');
      expect(refusal?.reason).toBe(reason);
    }
  });

  it('signs a user in with the tokens of a real flow and the entry of the page', async () => {
    const { tokens, user } = running.get(name) as Running;
    let id: string | undefined;
    for (const token of Object.values(tokens)) {
      const person = await expectAccepted(service, token, { ...(id !== undefined && { id }) });
      expect(person).toMatchObject({ ...user, email_verified: true });
      id = person.id;
    }
  });
});

it('docs/integrate/tested-with.md holds the table of these results', () => {
  const page = readFileSync(PAGE, 'utf8');
  const written = page.replace(
    MARKS,
    (_whole, begin: string, end: string) => `${begin}\n${table()}\n\n${end}`,
  );
  if (process.env.INTEROP_WRITE === 'true') writeFileSync(PAGE, written);
  else expect(page).toBe(written);
});

function table(): string {
  const head = [
    'Provider',
    'Version',
    'Tokens that sign a user in',
    'Set there',
    'Set here',
    'Refused, log reason',
  ];
  const rows = PROVIDERS.map(({ name, page, there, here }) => {
    const { versions, tokens, refused } = running.get(name) as Running;
    const link = `[${name}](../oidc/${page})`;
    return [
      link,
      versions[0]?.split(' ').at(-1),
      Object.keys(tokens).join(', '),
      there,
      here,
      Object.keys(refused)
        .map((reason) => `\`${reason}\``)
        .join(', '),
    ];
  });
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `<!-- prettier-ignore -->\n${lines.join('\n')}`;
}

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
