import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { built } from '../../support/process/build';
import { run, type Ended } from '../../support/process/program';
import { useService } from '../../support/process/use-service';

/** Empty values: the defaults of the settings, which the other tests raise. */
const DEFAULT_LIMITS = {
  AUTH_RATE_LIMIT_ACCOUNT_FAILURES: '',
  AUTH_RATE_LIMIT_ACCOUNT_GUESSES: '',
  AUTH_RATE_LIMIT_SOURCE_FAILURES: '',
  AUTH_RATE_LIMIT_REGISTRATIONS: '',
};

describe('limits as they are set by default', () => {
  const service = useService({ env: { ...DEFAULT_LIMITS, AUTH_TRUSTED_PROXIES: '1' }, mayAnswer5xx: true });
  const { database } = service;
  let sources = 0;

  /** A source that nobody used before. */
  const aSource = () => `198.51.${Math.floor(++sources / 250)}.${sources % 250}`;
  const from = (source: string) => ({ 'X-Forwarded-For': source });
  const login = (body: object, source = aSource()): Promise<Answer> =>
    send(service, 'POST', '/auth/login', { body, headers: from(source) });
  const guess = (email: string, source?: string) => login({ email, password: 'a wrong guess' }, source);

  async function failures(email: string, count: number): Promise<void> {
    for (let n = 0; n < count; n++) expectProblem(await guess(email), 'invalid-credentials');
  }

  /** The counters of all accounts, as if they had last failed a while ago. */
  const waited = (seconds: number) =>
    database.query(`UPDATE guess_limits SET failed_at = failed_at - make_interval(secs => $1)`, [seconds]);

  async function anAccount(): Promise<Account & { deviceToken: string }> {
    const account = await register({ url: service.url });
    const { body } = await login(account);
    return { ...account, deviceToken: body.device_token as string };
  }

  beforeEach(() => database.query('TRUNCATE guess_limits, request_limits'));

  it.each([
    ['a user', async () => (await register(service)).email],
    ['nobody', () => Promise.resolve(uniqueEmail())],
  ])(
    'R39 R40 lets ten guesses at the address of %s through, then waits 1, 2, 4 … s',
    async (_what, address) => {
      const email = await address();
      await failures(email, 10);
      const refused = await guess(email);
      expectProblem(refused, 'too-many-requests');
      expect(refused.headers.get('ratelimit')).toBe('"account";r=0;t=1');
      expect(refused.headers.get('ratelimit-policy')).toBe('"account";q=10;w=600');
      for (const wait of [1, 2, 4, 8]) {
        await waited(wait);
        await failures(email, 1);
        expect((await guess(email)).headers.get('retry-after')).toBe(String(wait * 2));
      }
    },
  );

  it('R40 waits at most 15 minutes, and evaluates no more than 100 guesses in a row', async () => {
    const { email, password } = await register(service);
    await failures(email, 10);
    await database.query('UPDATE guess_limits SET failures = 99');
    expect((await guess(email)).headers.get('retry-after')).toBe('900');
    await waited(901);
    await failures(email, 1);
    await waited(86_400);
    const refused = await login({ email, password });
    expectProblem(refused, 'too-many-requests');
    expect(refused.headers.get('retry-after')).toBe('900');
  });

  it('R40 counts login, change of the password and deletion together; a success ends the count', async () => {
    const { email, password, token } = await register(service);
    const headers = bearer(token);
    await failures(email, 4);
    for (let n = 0; n < 3; n++) {
      const body = { current_password: 'a wrong guess', new_password: 'another horse battery' };
      expectProblem(await send(service, 'POST', '/auth/password', { body, headers }), 'invalid-input');
      const deletion = await send(service, 'DELETE', '/users/me', { body: { password: 'no' }, headers });
      expectProblem(deletion, 'invalid-input');
    }
    expectProblem(
      await send(service, 'DELETE', '/users/me', { body: { password }, headers }),
      'too-many-requests',
    );
    await waited(1);
    expect((await login({ email, password })).status).toBe(200);
    await failures(email, 10);
  });

  it('P14 a known device signs in while its account is guessed at, and has a limit of its own', async () => {
    const { email, password, deviceToken } = await anAccount();
    await failures(email, 10);
    expectProblem(await login({ email, password }), 'too-many-requests');
    const known = { email, password, device_token: deviceToken };
    expect((await login(known)).status).toBe(200);
    expectProblem(await login({ email, password }), 'too-many-requests'); // that did not help the others
    for (let n = 0; n < 10; n++)
      expectProblem(await login({ ...known, password: 'no' }), 'invalid-credentials');
    const refused = await login(known);
    expectProblem(refused, 'too-many-requests');
    expect(refused.headers.get('ratelimit')).toMatch(/^"device";/);
  });

  it('P14 a device token is of one account, ends with the password and with "end all sessions", and may be nonsense', async () => {
    const [one, other] = [await anAccount(), await anAccount()];
    await failures(one.email, 10);
    const { email, password, token } = one;
    for (const device_token of [other.deviceToken, 'psd_x', '', one.deviceToken.slice(0, -2)]) {
      expectProblem(await login({ email, password, device_token }), 'too-many-requests');
    }
    const known = { email, password, device_token: one.deviceToken };
    expect((await login(known)).status).toBe(200);
    const body = { current_password: password, new_password: 'another horse battery' };
    await waited(1);
    const changed = await send(service, 'POST', '/auth/password', { body, headers: bearer(token) });
    expect(changed.status).toBe(200);
    await failures(email, 10);
    const now = { ...known, password: body.new_password };
    expectProblem(await login(now), 'too-many-requests');
    const renewed = { ...now, device_token: changed.body.device_token };
    const again = await login(renewed);
    expect(again.status).toBe(200);
    const all = '/auth/sessions?include_current=true';
    const headers = bearer(again.body.access_token as string);
    expect((await send(service, 'DELETE', all, { headers })).status).toBe(204);
    expectProblem(await login(renewed), 'too-many-requests');
  });

  it('P14 a refreshed session names the same device', async () => {
    const { email, password, refreshToken } = await anAccount();
    const body = { refresh_token: refreshToken };
    const refreshed = await send(service, 'POST', '/auth/refresh', { body });
    await failures(email, 10);
    expect((await login({ email, password, device_token: refreshed.body.device_token })).status).toBe(200);
  });

  it.each([
    ['an IPv4 address', () => '203.0.113.9', '203.0.113.10'],
    ['a /64 of IPv6', (n: number) => `2001:db8:0:1::${n.toString(16)}`, '2001:db8:0:2::1'],
  ])('R41 P12 lets %s fail 100 times in 15 minutes', async (_what, address, other) => {
    for (let n = 0; n < 100; n++) {
      expectProblem(await guess(uniqueEmail(), address(n)), 'invalid-credentials');
    }
    const refused = await guess(uniqueEmail(), address(100));
    expectProblem(refused, 'too-many-requests');
    expect(refused.headers.get('ratelimit-policy')).toBe('"source";q=100;w=900');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(890);
    const code = { code: 'A'.repeat(26), password: 'correct horse battery' };
    const headers = from(address(101));
    expectProblem(
      await send(service, 'POST', '/auth/activate', { body: code, headers }),
      'too-many-requests',
    );
    expectProblem(await guess(uniqueEmail(), other), 'invalid-credentials');
  });

  it('R41 a code that fails counts for its source, a good sign-in does not', async () => {
    const source = aSource();
    const { email, password } = await register(service);
    expect((await login({ email, password }, source)).status).toBe(200);
    const body = { code: 'A'.repeat(26), password: 'correct horse battery' };
    const activate = () => send(service, 'POST', '/auth/activate', { body, headers: from(source) });
    expectProblem(await activate(), 'code-invalid');
    const counts = await database.query<{ count: number }>('SELECT count FROM request_limits ORDER BY count');
    expect(counts).toContainEqual({ count: 1 });
  });

  it('D5 lets a source register 60 users an hour, taken addresses too', async () => {
    const { email, password, name } = await register(service);
    const headers = from(aSource());
    const attempt = () =>
      send(service, 'POST', '/auth/register', { body: { email, password, name }, headers });
    for (let n = 0; n < 60; n++) expectProblem(await attempt(), 'email-already-registered');
    const refused = await attempt();
    expectProblem(refused, 'too-many-requests');
    expect(refused.headers.get('ratelimit-policy')).toBe('"registration";q=60;w=3600');
  });

  it('R40 evaluates 30 right passwords at once, for which no limit is meant', async () => {
    const { email, password } = await register(service);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => login({ email, password }, '192.0.2.1')),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(30).fill(200));
  });

  it('counts a guess that a process took to its grave as a failure', async () => {
    const { email, password } = await register(service);
    await failures(email, 1);
    await database.query(
      `UPDATE guess_limits SET pending = 9, reserved_at = now() - interval '71 seconds', failed_at = now()`,
    );
    expectProblem(await login({ email, password }), 'too-many-requests');
    await waited(1);
    expect((await login({ email, password })).status).toBe(200);
  });

  it.each(['guess_limits', 'request_limits'])(
    'R40 I5 answers 503, and evaluates nothing, while %s cannot be written; tokens are validated',
    async (table) => {
      const { email, password, token } = await register(service);
      await database.query(`ALTER TABLE ${table} RENAME TO away`);
      try {
        const refused = await login({ email, password });
        expectProblem(refused, 'service-unavailable');
        const validated = await send(service, 'POST', '/auth/validate', { body: { token } });
        expect(validated.body).toMatchObject({ valid: true });
      } finally {
        await database.query(`ALTER TABLE away RENAME TO ${table}`);
      }
      expect((await login({ email, password })).status).toBe(200);
    },
  );

  it('exposes the fields of a limit to pages (R54)', async () => {
    const headers = { Origin: 'http://localhost:5173' };
    const { headers: got } = await send(service, 'GET', '/health', { headers });
    expect(got.get('access-control-expose-headers')).toMatch(/Retry-After.*RateLimit,RateLimit-Policy/);
  });
});

describe('npm run limits', () => {
  const service = useService({ env: DEFAULT_LIMITS });
  const { database } = service;
  const limits = (args: string[]): Promise<Ended> =>
    run('node', [built('src/cli/limits.cli.js'), ...args], { NODE_ENV: 'test', DATABASE_URL: database.url });

  it('ends the wait of an account and of a source (R40)', async () => {
    const { id, email, password } = await register(service);
    const login = (body: object) => send(service, 'POST', '/auth/login', { body });
    for (let n = 0; n < 10; n++) await login({ email, password: 'a wrong guess' });
    await database.query('UPDATE guess_limits SET failures = 100');
    await database.query('UPDATE request_limits SET count = 100');
    expectProblem(await login({ email, password }), 'too-many-requests');
    expect(await limits(['clear', email.toUpperCase()])).toMatchObject({
      status: 0,
      output: expect.stringMatching(new RegExp(`"auth.lockout.cleared".*"user_id":"${id}"`)),
    });
    const refused = await login({ email, password });
    expect(refused.headers.get('ratelimit')).toMatch(/^"source"/);
    expect(await limits(['clear', '--source', '127.0.0.1'])).toMatchObject({ status: 0 });
    expect((await login({ email, password })).status).toBe(200);
  });

  it.each([
    [['clear', uniqueEmail()], 'no user has this address'],
    [['clear', 'x'], 'ADDRESS must be an e-mail address'],
    [['clear', '--source', 'x'], '--source must be an IP address'],
    [['clear'], 'the command is'],
  ])('refuses %j with a sentence', async (args, sentence) => {
    expect(await limits(args)).toMatchObject({ status: 1, output: expect.stringContaining(sentence) });
  });
});

describe('AUTH_RATE_LIMITS=false', () => {
  const service = useService({ env: { ...DEFAULT_LIMITS, AUTH_RATE_LIMITS: 'false' } });

  it('limits and counts nothing', async () => {
    const { email, password } = await register(service);
    for (let n = 0; n < 15; n++) {
      const wrong = await send(service, 'POST', '/auth/login', {
        body: { email, password: 'a wrong guess' },
      });
      expectProblem(wrong, 'invalid-credentials');
    }
    expect((await send(service, 'POST', '/auth/login', { body: { email, password } })).status).toBe(200);
    expect(await service.database.query('SELECT FROM guess_limits')).toEqual([]);
  });
});
