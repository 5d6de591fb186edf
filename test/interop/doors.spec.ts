import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ModuleKind, ScriptTarget, transpile } from 'typescript';
import { parse, parseAllDocuments } from 'yaml';
import { register, type Account } from '../support/http/accounts';
import { anAdmin, type ApiUser } from '../support/http/administration';
import { bearer, send } from '../support/http/http';
import { aService, basic, postForm, type ServiceClient } from '../support/http/services';
import { useDatabase } from '../support/database/test-database';
import { describeWith, freePort } from '../support/process/debian';
import { blocksOf } from '../support/process/markdown';
import { NODE } from '../support/process/node';
import { startService, type Service } from '../support/process/service';
import { signIn } from '../support/tokens/sessions';
import { forge } from '../support/tokens/tokens';
import { CLIENTS, RESOURCE_SERVERS } from './doors';

const PAGE = join(__dirname, '../../docs/integrate/services.md');
const CONSUMERS = 'docs/integrate/consumers';
const MARKS = /(<!-- doors: .*-->\n)[^]*(<!-- end of doors -->)/;
const LIMIT_MS = 60_000;
const PYTHON = '/usr/bin/python3';

const database = useDatabase();
const versions = new Map<string, string>();
let service: Service;
let admin: ApiUser;
let account: Account;
let asking: ServiceClient;
let narrow: ServiceClient;
let folder: string;

/** Issuer and public URL are one address, which discovery needs: the port must be known before the start. */
beforeAll(async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  service = await startService({
    databaseUrl: database.url,
    env: {
      ...{ PORT: String(port), AUTH_PUBLIC_URL: url, AUTH_JWT_ISSUER: url },
      AUTH_VALIDATE_REQUIRES_CREDENTIAL: 'true',
    },
  });
  admin = await anAdmin(service, database);
  account = await register(service);
  asking = await aService(admin, ['tokens:validate', 'users:read']);
  narrow = await aService(admin, ['users:read']);
  folder = mkdtempSync(join(tmpdir(), 'promptstack-auth-doors-'));
}, LIMIT_MS);
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

const expired = () => forge(account, { claims: { iss: service.url, iat: 1_000_000, exp: 1_003_600 } });
const altered = () => `${account.token.slice(0, -4)}AAAA`;

async function revokedToken(): Promise<string> {
  const { accessToken } = await signIn(service, account);
  await postForm(service, '/oauth/revoke', { token: accessToken });
  return accessToken;
}

async function tokenOf({ id, key }: ServiceClient): Promise<string> {
  const form = { grant_type: 'client_credentials' };
  return (await postForm(service, '/oauth/token', form, basic(id, key))).body.access_token as string;
}

/** Runs a program with a question on its standard input; answers what it has printed, as JSON. */
async function ask<T>(program: string, args: readonly string[], question: unknown, env = {}): Promise<T> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    env: { ...process.env, ...env },
  });
  child.stdin.end(JSON.stringify(question));
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`${args.join(' ')} failed:\n${errors}`);
  return JSON.parse(output) as T;
}

interface ClientAnswers {
  readonly token: Record<string, unknown>;
  readonly wrongScope: unknown;
  readonly wrongSecret: unknown;
  readonly introspected: Record<string, Record<string, unknown>>;
  readonly withoutScope: Record<string, unknown>;
  readonly revoked: unknown;
}

for (const { name, file, packages, programs, introspects } of CLIENTS) {
  describeWith(programs)(name, () => {
    it(
      'gets a token, introspects every kind, revokes, and is told of errors as the RFCs say',
      async () => {
        const session = await signIn(service, account);
        const question = {
          ...{ issuer: service.url, packages, revoked: session.accessToken },
          clients: {
            good: { id: asking.id, key: asking.key },
            wrong: { id: asking.id, key: narrow.key },
            narrow: { id: narrow.id, key: narrow.key },
          },
          tokens: {
            ...{ access: account.token, refresh: account.refreshToken, key: asking.key, expired: expired() },
            ...{ service: await tokenOf(narrow), altered: altered(), revoked: await revokedToken() },
          },
        };
        const runner = join(__dirname, 'doors', file.endsWith('.py') ? 'run.py' : 'run.mjs');
        const [program, ...args] = file.endsWith('.py')
          ? [PYTHON, runner, file.replace(/\.py$/, '')]
          : [NODE, runner, join(__dirname, 'doors', file)];
        const { answers, versions: used } = await ask<{ answers: ClientAnswers; versions: string[] }>(
          program,
          args,
          question,
        );
        versions.set(name, used.join(', '));
        expect(answers.token).toMatchObject({
          expires_in: 1800,
          token_type: expect.stringMatching(/^bearer$/i),
        });
        expect(
          String(
            answers.wrongScope instanceof Object && 'error' in answers.wrongScope
              ? answers.wrongScope.error
              : '',
          ),
        ).toContain('invalid_scope');
        expect(JSON.stringify(answers.wrongSecret)).toMatch(/invalid_client|WWW_AUTHENTICATE|CHALLENGE/i);
        expect(answers.revoked).toEqual({ done: true });
        const gone = await postForm(
          service,
          '/oauth/introspect',
          { token: session.refreshToken },
          bearer(asking.key),
        );
        expect(gone.body).toEqual({ active: false });
        if (!introspects) return;
        const user = { active: true, username: account.email, uid: account.id, sid: account.sid };
        expect(answers.introspected).toMatchObject({
          ...{ access: { ...user, token_type: 'Bearer' }, refresh: user },
          key: { active: true, client_id: asking.id, scope: 'tokens:validate users:read' },
          service: { active: true, sub: narrow.id, scope: 'users:read' },
        });
        for (const bad of ['expired', 'altered', 'revoked'])
          expect(answers.introspected[bad]).toEqual({ active: false });
        expect(answers.withoutScope).not.toHaveProperty('active');
      },
      LIMIT_MS,
    );
  });
}

for (const { name, file, packages, programs } of RESOURCE_SERVERS) {
  describeWith(programs)(name, () => {
    it(
      'takes tokens of users that are valid, and no others',
      async () => {
        const tokens = {
          ...{ good: account.token, altered: altered(), expired: expired(), revoked: await revokedToken() },
          ...{ refresh: account.refreshToken, key: asking.key, service: await tokenOf(asking), none: '' },
        };
        const question = { ...{ tokens, packages, issuer: service.url }, id: asking.id, key: asking.key };
        const runner = join(__dirname, 'verifiers/run.mjs');
        const { answers, versions: used } = await ask<{
          answers: Record<string, { accepted: boolean; sub?: string; error?: string }>;
          versions: string[];
        }>(NODE, [runner, join(__dirname, 'doors', file)], question, {
          PATH: `${process.env.PATH}:/usr/sbin`,
        });
        versions.set(name, used.join(', '));
        expect(answers.good).toEqual({ accepted: true, sub: account.email });
        const passed = Object.entries(answers).filter(([, { accepted }]) => accepted);
        expect(passed.map(([which]) => which)).toEqual(['good']);
      },
      LIMIT_MS,
    );
  });
}

describe('the pages for consumers', () => {
  const tokens = async () => ({
    ...{ user: account.token, service: await tokenOf(narrow), key: narrow.key },
    ...{ revoked: await revokedToken(), nonsense: 'a.b.c' },
  });
  const blockOf = (page: string, language: string) =>
    blocksOf(join(CONSUMERS, page)).find((block) => block.language === language)?.text ?? '';
  const settings = (client: ServiceClient) => ({
    ...{ AUTH_URL: service.url, AUTH_CLIENT_ID: client.id, SERVICE_KEY: client.key },
  });

  it('TypeScript', async () => {
    const options = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022 };
    const file = join(folder, 'consumer.mjs');
    writeFileSync(file, transpile(blockOf('typescript.md', 'ts'), options));
    await hold((question, client) =>
      ask(NODE, [join(__dirname, 'doors/page.mjs'), file], question, settings(client)),
    );
  });

  describeWith(['/usr/lib/python3/dist-packages/requests'])('in Python', () => {
    it('Python', async () => {
      writeFileSync(join(folder, 'consumer.py'), blockOf('python.md', 'python'));
      await hold((question, client) =>
        ask(PYTHON, [join(__dirname, 'doors/page.py'), folder], question, settings(client)),
      );
    });
  });

  async function hold(
    run: (question: unknown, client: ServiceClient) => Promise<Record<string, unknown>>,
  ): Promise<void> {
    const answers = await run({ tokens: await tokens(), own: true }, asking);
    const service_ = { id: narrow.id, name: narrow.name, scopes: ['users:read'] };
    expect(answers).toMatchObject({
      ...{ user: { id: account.id, email: account.email }, service: service_, key: service_ },
      ...{ revoked: null, nonsense: null },
    });
    const [first, second] = answers.own as string[];
    expect(second).toBe(first);
    const body = { token: first, accept: ['service'] };
    const told = await send(service, 'POST', '/auth/validate', { body, headers: bearer(asking.key) });
    expect(told.body).toMatchObject({ valid: true, service: { id: asking.id } });
    // A key without the scope decides nothing.
    expect(await run({ tokens: { user: account.token } }, narrow)).toEqual({ user: 'AuthUnavailable' });
  }

  it('Kubernetes: its objects fit the schemas', async () => {
    const objects = parseAllDocuments(blockOf('kubernetes.md', 'yaml')).map(
      (document) => document.toJS() as object,
    );
    expect(objects).toHaveLength(2);
    const validate = join(__dirname, 'kubernetes-validate.mjs');
    expect(await ask<string[]>(NODE, [validate], objects)).toEqual([]);
  });

  it('Envoy: what it is told to pass on is what the service answers, to the requests that it sends', async () => {
    const { filters, headers } = envoyOf(parse(blockOf('envoy.md', 'yaml')) as Configuration);
    expect(filters).toEqual([
      ...['envoy.filters.http.lua', 'envoy.filters.http.ext_authz', 'envoy.filters.http.router'],
    ]);
    const answer = await send(service, 'POST', '/auth/verify', {
      headers: { ...bearer(account.token), 'X-Auth-Service-Key': asking.key, 'X-Envoy-Internal': 'true' },
    });
    expect(answer.status).toBe(204);
    const told = [...answer.headers.keys()].filter((name) => name.startsWith(headers.upstream));
    expect(told).toHaveLength(6);
    for (const name of told)
      expect(blockOf('envoy.md', 'yaml')).toContain(`"${name.replace('x-auth-', '')}"`);
    const refused = await send(service, 'POST', '/auth/verify', {
      headers: { 'X-Auth-Service-Key': asking.key },
    });
    expect(refused.status).toBe(401);
    for (const name of ['www-authenticate', 'content-type']) {
      expect(headers.client).toContain(name);
      expect(refused.headers.get(name)).not.toBeNull();
    }
  });
});

interface Filter {
  readonly name: string;
  readonly typed_config: {
    readonly failure_mode_allow?: boolean;
    readonly http_service?: {
      readonly authorization_response: {
        readonly allowed_upstream_headers: { readonly patterns: { readonly prefix: string }[] };
        readonly allowed_client_headers: { readonly patterns: { readonly exact: string }[] };
      };
    };
  };
}
interface Configuration {
  readonly static_resources: {
    readonly listeners: {
      readonly filter_chains: {
        readonly filters: { readonly typed_config: { readonly http_filters: Filter[] } }[];
      }[];
    }[];
  };
}

/** The parts of the configuration that decide what passes. */
function envoyOf({ static_resources: { listeners } }: Configuration) {
  const filters = listeners[0]!.filter_chains[0]!.filters[0]!.typed_config.http_filters;
  const { failure_mode_allow: mayFail, http_service: asked } = filters[1]!.typed_config;
  expect(mayFail).toBe(false);
  const response = asked!.authorization_response;
  return {
    filters: filters.map(({ name }) => name),
    headers: {
      upstream: response.allowed_upstream_headers.patterns[0]!.prefix,
      client: response.allowed_client_headers.patterns.map(({ exact }) => exact),
    },
  };
}

it('docs/integrate/services.md holds the table of these results', () => {
  if (versions.size < CLIENTS.length + RESOURCE_SERVERS.length) return; // not all are installed; CI has them
  const page = readFileSync(PAGE, 'utf8');
  const written = page.replace(
    MARKS,
    (_whole, start: string, end: string) => `${start}\n${table()}\n\n${end}`,
  );
  if (process.env.INTEROP_WRITE === 'true') writeFileSync(PAGE, written);
  else expect(page).toBe(written);
});

function table(): string {
  const head = ['Program', 'Tested version', 'Does', 'Options needed', 'Mind'];
  const clients = CLIENTS.map(({ name, introspects, options, note = '' }) => [
    ...[name, versions.get(name), introspects ? 'token, introspection, revocation' : 'token, revocation'],
    ...[options, note],
  ]);
  const servers = RESOURCE_SERVERS.map(({ name, asks, options, note = '' }) => [
    ...[name, versions.get(name), `asks ${asks}`, options, note],
  ]);
  const lines = [head, head.map(() => '---'), ...clients, ...servers].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  return `<!-- prettier-ignore -->\n${lines.join('\n')}`;
}
