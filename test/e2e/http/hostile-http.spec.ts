import { register, type Account } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { sendLines, sendRaw } from '../../support/http/raw-http';
import { useService } from '../../support/process/use-service';

describe('hostile HTTP', () => {
  let account: Account;
  const service = useService();

  beforeAll(async () => {
    account = await register(service);
  });

  const get = (path: string, ...headers: string[]) =>
    sendLines(service, [`GET ${path} HTTP/1.1`, 'Host: x', ...headers]);

  describe('H8, R48: Authorization', () => {
    it.each([
      ['two headers', ['Authorization: Bearer GOOD', 'Authorization: Bearer GOOD']],
      ['a bad one before the good one', ['Authorization: Bearer x', 'Authorization: Bearer GOOD']],
      ['another scheme beside it', ['Authorization: Basic YTpi', 'authorization: Bearer GOOD']],
      ['two tokens', ['Authorization: Bearer GOOD GOOD']],
      ['a token and more', ['Authorization: Bearer GOOD realm=x']],
    ])('answers 400 to %s', async (_case, headers) => {
      const given = headers.map((header) => header.replaceAll('GOOD', account.token));
      expectProblem(await get('/auth/me', ...given), 'malformed-authorization');
    });

    it.each(['bearer', 'BEARER', 'bEaReR', 'Bearer '])('takes the scheme written %j', async (scheme) => {
      expect((await get('/auth/me', `Authorization: ${scheme} ${account.token}`)).status).toBe(200);
    });

    it.each([
      '',
      'Bearer',
      'bearer',
      'Bearer   ',
      'Bearer \t',
      'Basic YTpi',
      'Digest x',
      'BearerX',
      'GOOD',
      'Bearer,GOOD',
      'Token GOOD',
      'Bearer\u00a0GOOD',
      'JWT GOOD',
    ])('R47: asks for authentication, with no error code, on %j', async (value) => {
      const answer = await get('/auth/me', `Authorization: ${value.replace('GOOD', account.token)}`);
      expectProblem(answer, 'authentication-required');
      expect(answer.headers.get('www-authenticate')).not.toContain('error=');
    });

    it.each(['Bearer x,y', 'Bearer "GOOD"', 'Bearer GOOD,GOOD', 'Bearer =', 'Bearer é'])(
      'R47: says that the token is at fault: %s',
      async (value) => {
        const answer = await get('/auth/me', `Authorization: ${value.replaceAll('GOOD', account.token)}`);
        expectProblem(answer, 'invalid-token');
        expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
      },
    );

    it('reads no token from the query, the body, a cookie or another header', async () => {
      const { token } = account;
      const elsewhere = [
        get(`/auth/me?access_token=${token}&token=${token}&authorization=Bearer%20${token}`),
        get('/auth/me', `Cookie: access_token=${token}; token=${token}; Authorization=Bearer ${token}`),
        get('/auth/me', `X-Access-Token: ${token}`, `X-Authorization: Bearer ${token}`),
        get('/auth/me', `Proxy-Authorization: Bearer ${token}`, `X-Forwarded-Authorization: Bearer ${token}`),
        send(service, 'DELETE', '/auth/me', { body: { access_token: token } }),
      ];
      for (const answer of await Promise.all(elsewhere)) expect([401, 405]).toContain(answer.status);
    });
  });

  describe('H11: spellings of a path', () => {
    const SAME_ROUTE = [
      '/auth/me',
      '/auth/me/',
      '/AUTH/ME',
      '/Auth/Me',
      '/auth/me?',
      '/auth/me?x=1',
      'http://x/auth/me',
    ];

    it.each(SAME_ROUTE)('guards %s', async (path) => {
      expectProblem(await get(path), 'authentication-required');
      const { body } = await get(path, `Authorization: Bearer ${account.token}`);
      expect(body.id).toBe(account.id);
    });

    it.each([
      '//auth/me',
      '/auth//me',
      '/auth/me//',
      '/auth%2fme',
      '/auth/%6de',
      '/auth%2Fme',
      '/auth/me;x',
      '/auth;/me',
      '/health/../auth/me',
      '/./auth/me',
      '/auth/./me',
      '/auth/me%00',
      '/auth/me%20',
      '/auth/me.json',
      '/auth/me%2e',
      '/auth/me#x',
      '/auth\\me',
      '/%61uth%2f%6de',
      '/auth/%zz',
      '/%',
      '/%c0%ae%c0%ae/',
      '/..%2f..%2fetc/passwd',
      '/docs/../auth/me',
      '/docs/%2e%2e/package.json',
      'http://x//auth/me',
      '/auth/mé',
      '*',
      '/health/live/../../auth/me',
      '/teams/all/x',
      `/${'a'.repeat(8_000)}`,
    ])('lets nobody in by %.60s', async (path) => {
      const answer = await get(path);
      expect([400, 401, 404]).toContain(answer.status);
      expectProblem(answer, answer.body.code as never);
    });

    it('knows no HEAD beside the guard', async () => {
      expect((await send(service, 'HEAD', '/auth/me')).status).toBe(401);
      const allowed = await send(service, 'HEAD', '/auth/me', { headers: bearer(account.token) });
      expect({ status: allowed.status, text: allowed.text }).toEqual({ status: 200, text: '' });
    });

    it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method'])(
      'does not let %s change the method',
      async (header) => {
        expectProblem(await get('/auth/login', `${header}: POST`), 'method-not-allowed');
        expectProblem(await get('/auth/login?_method=POST'), 'method-not-allowed');
      },
    );

    it.each(['X-Original-URL', 'X-Rewrite-URL', 'X-Forwarded-Path', 'X-Forwarded-Prefix', 'Forwarded'])(
      'does not let %s change the path',
      async (header) => {
        expectProblem(await get('/auth/me', `${header}: /health`), 'authentication-required');
        expect((await get('/health/live', `${header}: /auth/me`)).status).toBe(200);
      },
    );
  });

  it.each(['kube-probe/1.30', 'ELB-HealthChecker/2.0', 'promptstack-backend', 'GoogleHC/1.0', ''])(
    'H14: opens nothing to the User-Agent %j',
    async (agent) => {
      const claims = [
        `User-Agent: ${agent}`,
        'X-Forwarded-For: 127.0.0.1',
        'X-Real-IP: 127.0.0.1',
        'X-Internal: true',
        'Host: localhost',
      ];
      const answer = await sendLines(service, ['GET /auth/me HTTP/1.1', ...claims]);
      expectProblem(answer, 'authentication-required');
    },
  );

  describe('H13, R50: methods', () => {
    it.each([
      ['PATCH', '/auth/me', 'GET, HEAD'],
      ['DELETE', '/auth/me', 'GET, HEAD'],
      ['TRACE', '/auth/me', 'GET, HEAD'],
      ['PUT', '/teams', 'GET, POST, HEAD'],
      ['GET', '/auth/login', 'POST'],
      ['DELETE', '/auth/register', 'POST'],
      ['PROPFIND', '/auth/validate', 'POST'],
      ['SEARCH', '/health', 'GET, HEAD'],
      ['TRACE', '/auth/login', 'POST'],
      ['POST', '/health/live', 'GET, HEAD'],
      // Paths that a route with a parameter would take too.
      ['PATCH', '/teams/all', 'GET, HEAD'],
      ['DELETE', '/domains/tree', 'GET, HEAD'],
      ['GET', '/users/lookup', 'POST'],
    ])('answers %s %s with 405, and what is allowed', async (method, path, allow) => {
      const secret = 'X-Secret: do-not-echo';
      const answer = await sendLines(service, [`${method} ${path} HTTP/1.1`, 'Host: x', secret]);
      expectProblem(answer, 'method-not-allowed');
      expect(answer.headers.get('allow')).toBe(allow);
      expect(answer.text).not.toContain('do-not-echo');
    });

    it('answers TRACE on no address with 404, and echoes nothing', async () => {
      const answer = await sendLines(service, [
        'TRACE /nowhere HTTP/1.1',
        'Host: x',
        'X-Secret: do-not-echo',
      ]);
      expectProblem(answer, 'not-found');
      expect(answer.text).not.toContain('do-not-echo');
    });

    it.each(['example.com:443', '127.0.0.1:22', '/auth/me'])(
      'refuses CONNECT %s, and goes nowhere',
      async (target) => {
        const { answers, closed } = await sendRaw(service, `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
        expect(closed).toBe(true);
        expectProblem(answers[0]!, 'malformed-request');
      },
    );

    it.each(['websocket', 'h2c', 'TLS/1.0'])('lets Upgrade to %s change nothing', async (protocol) => {
      const upgrade = [
        'Connection: Upgrade, HTTP2-Settings',
        `Upgrade: ${protocol}`,
        'HTTP2-Settings: AAMAAABkAAQAAP__',
      ];
      expectProblem(await get('/auth/me', ...upgrade), 'authentication-required');
    });

    it('lets an Expect that nobody knows change nothing', async () => {
      expectProblem(await get('/auth/me', 'Expect: the-impossible'), 'authentication-required');
    });
  });

  it('R49: sends tokens and identity, and refusals of them, with no-store', async () => {
    const { email, password, token } = account;
    const answers = await Promise.all([
      send(service, 'POST', '/auth/login', { body: { email, password } }),
      send(service, 'POST', '/auth/validate', { body: { token } }),
      send(service, 'GET', '/auth/me', { headers: bearer(token) }),
      send(service, 'GET', '/teams', { headers: bearer(token) }),
      send(service, 'GET', '/auth/me'),
      send(service, 'POST', '/auth/login', { body: '{' }),
    ]);
    for (const { headers } of answers) expect(headers.get('cache-control')).toBe('no-store');
  });

  it('sends what keeps browsers safe, and does not say what it is made of', async () => {
    for (const path of ['/auth/me', '/health/live', '/nowhere']) {
      const { headers } = await get(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    }
  });
});
