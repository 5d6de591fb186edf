import { register, type Account } from '../../support/http/accounts';
import { expectProblem } from '../../support/http/problem';
import { sendRaw } from '../../support/http/raw-http';
import { isValid } from '../../support/tokens/sessions';
import { useService } from '../../support/process/use-service';

/** What `nc -N`, `socat` and some proxies do: they send a request, close their side of the connection, and wait. */
describe('clients that close their side of the connection behind the request', () => {
  let account: Account;
  const service = useService();

  beforeAll(async () => {
    account = await register(service);
  });

  const ask = (bytes: string) => sendRaw(service, bytes, { halfClose: true });
  const get = (path: string, version = '1.1') =>
    `GET ${path} HTTP/${version}\r\nHost: x\r\nAuthorization: Bearer ${account.token}\r\n\r\n`;
  const post = (path: string, body: object) => {
    const text = JSON.stringify(body);
    return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  };

  it.each(['1.0', '1.1'])('get their answer over HTTP/%s, and a closed connection', async (version) => {
    const { answers, closed } = await ask(get('/auth/me', version));
    expect(answers.map(({ status, body }) => [status, body.id])).toEqual([[200, account.id]]);
    expect(closed).toBe(true);
  });

  it('get it also when it takes a while: a password is hashed first', async () => {
    const { email, password } = account;
    const { answers } = await ask(post('/auth/login', { email, password }));
    expect(answers.map(({ status }) => status)).toEqual([200]);
  });

  it('get the answers to all that they have sent, in order', async () => {
    const requests = [
      get('/auth/me'),
      post('/auth/validate', { token: account.token }),
      get('/teams'),
      get('/nowhere'),
    ];
    const { answers } = await ask(requests.join(''));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404]);
  });

  it('can sign out', async () => {
    const { token } = await register(service);
    const { answers } = await ask(
      `POST /auth/logout HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    );
    expect(answers.map(({ status }) => status)).toEqual([204]);
    expect(await isValid(service, token)).toBe(false);
  });

  it.each([
    ['in a header', 'GET /auth/me HTTP/1.1\r\nHost: x'],
    ['in a body', post('/auth/login', { email: 'a@example.com' }).slice(0, -1)],
    [
      'in a chunk',
      'POST /auth/logout HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{',
    ],
  ])('are told that a request which stops %s is not whole', async (_where, bytes) => {
    const { answers, closed } = await ask(bytes);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0]!, 'malformed-request');
    expect(closed).toBe(true);
  });

  it.each(['', '\r\n'])('have their connection closed when they have sent nothing but %j', async (bytes) => {
    expect(await ask(bytes)).toEqual({ answers: [], closed: true });
  });
});
