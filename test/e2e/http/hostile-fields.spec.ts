import { register, uniqueEmail } from '../../support/http/accounts';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { useService } from '../../support/process/use-service';

const PASSWORD = 'correct horse battery';
const USER_FIELDS = [
  ...['avatar_url', 'created_at', 'domains', 'effective_domains', 'email', 'email_verified'],
  ...['id', 'name', 'role', 'teams'],
];

describe('hostile values of fields', () => {
  const service = useService();

  const post = (path: string, body: unknown) => send(service, 'POST', path, { body });
  const pointers = ({ body }: Answer) => (body.errors as { pointer: string }[]).map(({ pointer }) => pointer);

  const WRONG_TYPES: unknown[] = [
    undefined,
    null,
    5,
    12_345_678_901_234_568,
    true,
    false,
    [],
    {},
    ['a@example.com', 'b@example.com'],
    ['text'],
    { $ne: null },
    { where: '1=1' },
    { length: 9, toString: 'x' },
  ];

  describe.each([
    ['/auth/register', 'email'],
    ['/auth/register', 'password'],
    ['/auth/register', 'name'],
    ['/auth/login', 'email'],
    ['/auth/login', 'password'],
    ['/auth/validate', 'token'],
  ])('POST %s, %s', (path, field) => {
    it.each(WRONG_TYPES)('H5, R51: refuses %j, and names the field alone', async (value) => {
      const good = { email: uniqueEmail(), password: PASSWORD, name: 'Ada', token: 'x' };
      const answer = await post(path, { ...good, [field]: value });
      expectProblem(answer, 'invalid-input');
      expect(pointers(answer)).toEqual([`#/${field}`]);
      expect(answer.body.detail).toMatch(new RegExp(`^${field} must be `));
    });
  });

  it('names every field at fault in one answer', async () => {
    const answer = await post('/auth/register', { email: 5, password: [], name: {} });
    expectProblem(answer, 'invalid-input');
    expect(pointers(answer).sort()).toEqual(['#/email', '#/name', '#/password']);
  });

  describe('H4: register', () => {
    it.each<[string, string]>([
      ['__proto__', '{"role":"admin","isAdmin":true,"is_active":false}'],
      ['constructor', '{"prototype":{"isAdmin":true}}'],
      ['prototype', '{"isAdmin":true}'],
      ['toString', '"x"'],
      ['hasOwnProperty', 'null'],
      ['role', '"admin"'],
      ['isAdmin', 'true'],
      ['id', '"00000000-0000-0000-0000-000000000001"'],
      ['teams', '[{"name":"Engineering"}]'],
      ['domains', '["sales"]'],
      ['avatar_url', '"https://evil.example/x.png"'],
      ['emailVerified', 'true'],
      ['passwordHash', '"$2b$04$"'],
      ['password_hash', '"$2b$04$"'],
      ['is_active', 'false'],
      ['created_at', '"1970-01-01T00:00:00Z"'],
    ])('lets the member %s change nothing', async (member, value) => {
      const email = uniqueEmail();
      const fields = JSON.stringify({ email, password: PASSWORD, name: 'Ada' }).slice(1);
      const answer = await post('/auth/register', `{"${member}":${value},${fields}`);
      expect(answer.status).toBe(201);
      expectPlainUser(answer.body.user as Record<string, unknown>, email);
      // Nor is anything left behind for whoever comes next.
      const next = await register(service);
      const me = await send(service, 'GET', '/auth/me', { headers: bearer(next.token) });
      expectPlainUser(me.body, next.email);
    });

    it('refuses fields that only a prototype has', async () => {
      const inherited = `{"__proto__":${JSON.stringify({ email: uniqueEmail(), password: PASSWORD, name: 'x' })}}`;
      const answer = await post('/auth/register', inherited);
      expectProblem(answer, 'invalid-input');
      expect(pointers(answer).sort()).toEqual(['#/email', '#/name', '#/password']);
    });
  });

  function expectPlainUser(user: Record<string, unknown>, email: string): void {
    expect(Object.keys(user).sort()).toEqual(USER_FIELDS); // R55
    expect(user).toMatchObject({
      email,
      avatar_url: null,
      teams: [{ name: 'General', role: null }],
      domains: [{ key: 'engineering' }],
    });
    expect(Date.now() - Date.parse(String(user.created_at))).toBeLessThan(600_000);
  }

  describe('H6, R52: text', () => {
    const text = (field: string, json: string) => {
      const good = { email: uniqueEmail(), password: PASSWORD, name: 'Ada' };
      return JSON.stringify({ ...good, [field]: '?' }).replace('"?"', json);
    };

    it.each([
      '"a\\u0000b@example.com"',
      '"a\\ud800b@example.com"',
      '"a@exa\\udc00mple.com"',
      '"a\\nb@example.com"',
      '"a@example.com\\u0000"',
    ])('refuses the address %s', async (json) => {
      for (const path of ['/auth/register', '/auth/login']) {
        const answer = await post(path, text('email', json));
        expectProblem(answer, 'invalid-input');
        expect(pointers(answer)).toEqual(['#/email']);
      }
    });

    it.each(['"pass\\u0000word"', '"pass\\ud800word"', '"\\udfff\\ud800password"'])(
      'refuses the password %s',
      async (json) => {
        for (const path of ['/auth/register', '/auth/login']) {
          const answer = await post(path, text('password', json));
          expectProblem(answer, 'invalid-input');
          expect(pointers(answer)).toEqual(['#/password']);
        }
      },
    );

    it.each([
      '"a\\u0000b"',
      '"a\\ud800b"',
      '"a\\nb"',
      '"a\\r\\nSet-Cookie: x"',
      '"a\\u001b[31mb"',
      '"a\\u0085b"',
      '"\\u007f"',
      '""',
      '"   "',
      '"\\u3000"',
      JSON.stringify('x'.repeat(201)),
      JSON.stringify('🎈'.repeat(201)),
    ])('refuses the name %.40s', async (json) => {
      const answer = await post('/auth/register', text('name', json));
      expectProblem(answer, 'invalid-input');
      expect(pointers(answer)).toEqual(['#/name']);
    });

    it.each([
      '👩‍🚀 Ada',
      'אדה לאבלייס',
      'Zoë',
      'Zoe\u0308',
      '<script>alert(1)</script>',
      "Robert'); DROP TABLE users;--",
      'x',
      'x'.repeat(200),
      '🎈'.repeat(200),
      '__proto__',
      'null',
      '%s %d %j',
      '${jndi:ldap://127.0.0.1/a}',
      '\\u0000',
      '{{7*7}}',
    ])('keeps the name %.40s exactly', async (name) => {
      const account = await register(service, { name });
      const me = await send(service, 'GET', '/auth/me', { headers: bearer(account.token) });
      expect(me.body.name).toBe(name);
    });

    it('refuses a name of 16,000 letters that fits the body', async () => {
      const answer = await post('/auth/register', text('name', JSON.stringify('n'.repeat(16_000))));
      expectProblem(answer, 'invalid-input');
    });
  });

  describe('H12, R53: SQL', () => {
    it.each(["' OR 1=1--", "';SELECT pg_sleep(5);--", "a@example.com' OR '1'='1", '%', "a@example.com';--"])(
      'is no address: %s',
      async (email) => {
        expectProblem(await post('/auth/login', { email, password: PASSWORD }), 'invalid-input');
      },
    );

    it("is plain text in an address: ' and % and _ match nothing but themselves", async () => {
      const local = "o'brien%_--" + uniqueEmail().split('@')[0];
      const account = await register(service, { email: `${local}@example.com` });
      expect(account.email).toBe(`${local}@example.com`);
      const login = await post('/auth/login', { email: account.email, password: account.password });
      expect(login.body.user).toMatchObject({ id: account.id });
      const other = account.email.replace('_', 'x').replace('%', 'y');
      expectProblem(await post('/auth/login', { email: other, password: PASSWORD }), 'invalid-credentials');
    });

    it.each([
      '?sort=password',
      '?page=-1',
      '?limit=1e9',
      '?limit=0&offset=-1',
      "?name=' OR 1=1--",
      '?filter[name]=x',
      '?__proto__[x]=1',
    ])('has no effect in a query: %s', async (query) => {
      const { token } = await register(service);
      const headers = bearer(token);
      for (const path of ['/teams', '/teams/all', '/domains', '/domains/all']) {
        const plain = await send(service, 'GET', path, { headers });
        const queried = await send(service, 'GET', path + encodeURI(query), { headers });
        expect(queried.status).toBe(200);
        expect(queried.text).toBe(plain.text);
      }
    });
  });

  it('R55: answers exactly the documented members, and never a hash', async () => {
    const { email, token } = await register(service);
    const login = await post('/auth/login', { email, password: PASSWORD });
    expect(Object.keys(login.body).sort()).toEqual([
      'access_token',
      'device_token',
      'expires_in',
      'refresh_token',
      'token_type',
      'user',
    ]);
    const validate = await post('/auth/validate', { token });
    expect(Object.keys(validate.body).sort()).toEqual(['error', 'user', 'valid']);
    for (const answer of [login, validate]) {
      const user = answer.body.user as Record<string, Record<string, unknown>[]>;
      expect(Object.keys(user).sort()).toEqual(USER_FIELDS);
      expect(Object.keys(user.teams![0]!).sort()).toEqual([
        'external_ref',
        'id',
        'is_active',
        'name',
        'role',
      ]);
      expect(Object.keys(user.domains![0]!).sort()).toEqual([
        'id',
        'is_active',
        'key',
        'name',
        'parent_domain_id',
      ]);
      expect(answer.text).not.toMatch(/hash|\$2b\$/i);
    }
  });
});
