import { anAdmin } from '../../support/http/administration';
import { aService } from '../../support/http/services';
import { register, type Account } from '../../support/http/accounts';
import { bearer, send, type Answer } from '../../support/http/http';
import { REFUSAL } from '../../support/tokens/token-outcome';
import { expectProblem } from '../../support/http/problem';
import { logOf, type Service } from '../../support/process/service';
import { forge, goodClaims, signHs256, GOOD_HEADER } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

/** The second address means the same to a client, and leads through the router. */
const LANE = '/auth/validate';
const ROUTER = '/auth/validate?';

describe('POST /auth/validate, ahead of the router and through it', () => {
  let account: Account;
  const service = useService();

  beforeAll(async () => {
    account = await register(service);
  });

  it.each<[string, () => string, boolean]>([
    ['a good token', () => account.token, true],
    ['an expired token', () => forge(account, { claims: { exp: 1_000_000_000 } }), false],
    ['a token of another issuer', () => forge(account, { claims: { iss: 'elsewhere' } }), false],
    ['a token without a signature', () => account.token.replace(/[^.]*$/, ''), false],
    ['a token by another key', () => signHs256(GOOD_HEADER, goodClaims(account), 'x'.repeat(40)), false],
    ['an empty text', () => '', false],
    ['a text that is no token', () => 'no token', false],
    ['a text of more than 12 KiB', () => 'a'.repeat(20_000), false],
  ])('R14: both answer %s alike, with the same headers and log line', async (_case, make, valid) => {
    const body = { token: make() };
    const lane = await send(service, 'POST', LANE, { body });
    const router = await send(service, 'POST', ROUTER, { body });
    expect(lane.body).toMatchObject(valid ? { valid: true, user: { email: account.email } } : REFUSAL);
    expect({ ...lane, headers: headersOf(lane) }).toEqual({ ...router, headers: headersOf(router) });
    expect(await linesOf(service, lane)).toEqual(await linesOf(service, router));
  });

  it.each<[string, unknown]>([
    ['no token', {}],
    ['null', { token: null }],
    ['a number', { token: 5 }],
    ['a list', { token: ['a'] }],
    ['a body that is null', null],
  ])('R24: %s is refused as by the router', async (_case, body) => {
    const lane = await send(service, 'POST', LANE, { body });
    const router = await send(service, 'POST', ROUTER, { body });
    expect(lane.status).toBe(400);
    expect(withoutId(lane.body)).toEqual(withoutId(router.body));
  });

  it.each([
    ['/auth/me', 200],
    ['/auth/verify', 204],
  ])('GET %s is answered alike, from memory and not', async (path, status) => {
    const { token } = await register(service);
    for (const headers of [
      bearer(token),
      bearer(token),
      bearer('no.token.x'),
      {},
      { ...bearer(token), Authorization: 'Basic eA==' },
    ]) {
      const lane = await send(service, 'GET', path, { headers });
      const router = await send(service, 'GET', `${path}?`, { headers });
      if ('Authorization' in headers && headers.Authorization === `Bearer ${token}`)
        expect(lane.status).toBe(status);
      else expect(lane.status).toBe(401);
      expect({ ...lane, body: withoutId(lane.body), text: '', headers: headersOf(lane) }).toEqual({
        ...router,
        body: withoutId(router.body),
        text: '',
        headers: headersOf(router),
      });
      expect(await linesOf(service, lane)).toEqual(await linesOf(service, router));
    }
  });

  it.each([
    [{ 'X-Request-Id': 'mine-1' }],
    [{ 'X-Request-Id': 'not well-formed' }],
    [{ 'X-Forwarded-For': '10.0.0.1, 10.0.0.2' }],
    [{ Origin: 'http://localhost:3000' }],
    [{ 'Content-Type': 'application/json; charset=UTF-8' }],
    [{ 'Content-Type': 'text/plain' }],
    [{ 'Content-Encoding': 'gzip' }],
  ])('answers a request with %p alike', async (headers) => {
    const lane = await send(service, 'POST', LANE, { body: { token: account.token }, headers });
    const router = await send(service, 'POST', ROUTER, { body: { token: account.token }, headers });
    expect([lane.status, withoutId(lane.body), headersOf(lane)]).toEqual([
      router.status,
      withoutId(router.body),
      headersOf(router),
    ]);
    expect(await linesOf(service, lane)).toEqual(await linesOf(service, router));
  });

  it('GET /auth/me tells a service that it is no user, as the router does', async () => {
    const { key } = await aService(await anAdmin(service, service.database), ['users:read']);
    const lane = await send(service, 'GET', '/auth/me', { headers: bearer(key) });
    const router = await send(service, 'GET', '/auth/me?', { headers: bearer(key) });
    expectProblem(lane, 'forbidden');
    expect([withoutId(lane.body), await linesOf(service, lane)]).toEqual([
      withoutId(router.body),
      await linesOf(service, router),
    ]);
  });

  it('answers other methods of the address as the router does', async () => {
    expectProblem(await send(service, 'PUT', LANE, { body: { token: account.token } }), 'method-not-allowed');
    expectProblem(await send(service, 'GET', LANE), 'method-not-allowed');
  });
});

function headersOf({ headers }: Answer): Record<string, string> {
  const { date: _date, 'x-request-id': _id, ...others } = Object.fromEntries(headers);
  return others;
}

/** What the log says, without what differs between any two requests. */
async function linesOf(service: Service, { headers }: Answer): Promise<unknown[]> {
  const lines = await logOf(service, headers);
  return lines.map(({ time: _time, request_id: _id, duration_ms: _ms, ...others }) => others);
}

function withoutId(problem: unknown): unknown {
  if (problem === undefined) return undefined;
  const { request_id: _id, instance: _instance, ...others } = problem as Record<string, unknown>;
  return others;
}
