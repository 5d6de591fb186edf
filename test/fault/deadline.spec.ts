import { register, type Account } from '../support/http/accounts';
import { eventually } from '../support/process/eventually';
import { newPerson } from '../support/http/every-route';
import { bearer, send, type Answer } from '../support/http/http';
import { expectAccepted } from '../support/tokens/token-outcome';
import { startOidcService, validate } from '../support/providers/oidc';
import { expectProblem } from '../support/http/problem';
import { ProviderStub } from '../support/providers/provider-stub';
import { untilReady } from '../support/process/readiness';
import { startService, type Service } from '../support/process/service';
import { TcpProxy } from '../support/http/tcp-proxy';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

/** The contract: whatever is slow, every answer comes within 5 s; and what a busy machine adds. Steps that add up take seconds more. */
const LIMIT_MS = 5_000 + 1_000;
/** The slowest answer of the database that no limit of a single step forbids: every packet waits in both directions. */
const SLOW_MS = [250, 400, 550, 700];

describe('R65 one deadline for a whole answer, however its steps add up', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let service: Service;
  let account: Account;

  beforeAll(async () => {
    database = await createTestDatabase();
    const cheap = await startService({ databaseUrl: database.url });
    account = await register(cheap);
    await cheap.stop();
    proxy = await TcpProxy.start(database.url);
    service = await startService({
      databaseUrl: proxy.url,
      // A hash that takes seconds: what begins late ends too late.
      env: { AUTH_PASSWORD_HASH_COST: '15', AUTH_PASSWORD_HASH_WORKERS: '1' },
    });
  });

  afterEach(async () => {
    proxy.delayMs = 0;
    await untilReady(service);
  });

  afterAll(async () => {
    await service.stop('SIGKILL');
    await proxy.stop();
    await database.drop();
  });

  const changePassword = () => ({
    name: 'POST /auth/password',
    answer: send(service, 'POST', '/auth/password', {
      headers: bearer(account.token),
      body: { current_password: account.password, new_password: 'another horse battery' },
      signal: AbortSignal.timeout(LIMIT_MS),
    }),
  });
  const login = () => ({
    name: 'POST /auth/login',
    answer: send(service, 'POST', '/auth/login', {
      body: { email: account.email, password: account.password },
      signal: AbortSignal.timeout(LIMIT_MS),
    }),
  });
  const registration = () => ({
    name: 'POST /auth/register',
    answer: send(service, 'POST', '/auth/register', {
      body: newPerson(),
      signal: AbortSignal.timeout(LIMIT_MS),
    }),
  });

  /** One line for each request that is not answered 503, with Retry-After, in time. */
  async function notRefusedInTime(
    asked: readonly { name: string; answer: Promise<Answer> }[],
  ): Promise<string[]> {
    const outcomes = asked.map(async ({ name, answer }) => {
      const outcome = await answer.catch((error: unknown) => String(error));
      if (typeof outcome === 'string') return [`${name}: ${outcome}`];
      const { status, headers } = outcome;
      return status === 503 && headers.has('retry-after') ? [] : [`${name}: ${status}`];
    });
    return (await Promise.all(outcomes)).flat();
  }

  it.each(SLOW_MS)(
    'POST /auth/password: a database slow by %i ms at every step, and a slow hash',
    async (delayMs) => {
      proxy.delayMs = delayMs;
      expect(await notRefusedInTime([changePassword()])).toEqual([]);
    },
  );

  it('a full queue of hashes', async () => {
    proxy.delayMs = 300;
    const asked = Array.from({ length: 8 }, () => [changePassword(), login(), registration()]).flat();
    expect(await notRefusedInTime(asked)).toEqual([]);
  });
});

describe('AUTH_REQUEST_TIMEOUT_SECONDS=1', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let provider: ProviderStub;
  let service: Service;
  let account: Account;

  beforeAll(async () => {
    [database, provider] = await Promise.all([createTestDatabase(), ProviderStub.start()]);
    proxy = await TcpProxy.start(database.url);
    const env = { AUTH_REQUEST_TIMEOUT_SECONDS: '1' };
    service = await startOidcService({ ...database, url: proxy.url }, provider, env);
    account = await register(service);
  });

  afterAll(async () => {
    await service.stop();
    await proxy.stop();
    await provider.stop();
    await database.drop();
  });

  const me = () => send(service, 'GET', '/auth/me', { headers: bearer(account.token) });

  it('R65 a read that several requests share is not waited for beyond it', async () => {
    proxy.delayMs = 450; // a read takes 0.9 s: more than the work of a request may, less than a statement may
    expectProblem(await me(), 'service-unavailable');
    proxy.delayMs = 0;
    await untilReady(service);
    expect((await me()).status).toBe(200);
  });

  it('R65 the first sight of a user of a provider is answered within it, and the keys are there for the next try', async () => {
    provider.mode = 'slow'; // 1.5 s: less than a key set may take
    const token = provider.mint();
    expectProblem(await send(service, 'GET', '/auth/me', { headers: bearer(token) }), 'service-unavailable');
    await eventually('the keys have been read', async () => {
      const { status } = await validate(service, token);
      return status === 200 || undefined;
    });
    await expectAccepted(service, token);
  });
});
