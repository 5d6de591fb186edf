import { randomUUID } from 'node:crypto';
import { register } from '../../support/http/accounts';
import { anAdmin, type ApiUser } from '../../support/http/administration';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { aService, basic, postForm, type ServiceClient } from '../../support/http/services';
import { useService } from '../../support/process/use-service';

const PATHS = ['/oauth/token', '/oauth/introspect', '/oauth/revoke'];
const GRANT = { grant_type: 'client_credentials', token: 'x' };

describe('clients that fail to authenticate', () => {
  const service = useService({ env: { AUTH_RATE_LIMIT_SOURCE_FAILURES: '20' } });
  const { database } = service;
  let admin: ApiUser;
  let client: ServiceClient;

  beforeAll(async () => {
    admin = await anAdmin(service, database);
    client = await aService(admin, ['tokens:validate']);
  });

  beforeEach(() => database.query('DELETE FROM request_limits'));

  const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
    postForm(service, path, { ...GRANT, ...form }, headers);
  const events = async (): Promise<Record<string, unknown>[]> => {
    const path = '/audit/events?type=service.authentication.failed&limit=200';
    return (await admin.must<{ items: Record<string, unknown>[] }>(200, 'GET', path)).items;
  };
  const failed = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 401).length;

  it.each(PATHS)('R61 %s records each with its source and, where it is known, the account', async (path) => {
    const before = (await events()).length;
    const stranger = randomUUID();
    const answers = [
      await post(path, {}, basic(client.id, 'psk_wrong')),
      await post(path, { client_id: stranger, client_secret: 'psk_wrong' }),
      await post(path, {}, bearer('psk_wrong')),
      await post(path, {}, { Authorization: 'Basic !' }),
    ];
    expect(failed(answers)).toBe(4);
    const all = await events();
    expect(all).toHaveLength(before + 4);
    const [, , , first] = all;
    expect(first).toMatchObject({
      outcome: 'failure',
      actor: null,
      target: { kind: 'service-account', id: client.id },
      source: { ip: '127.0.0.1' },
      request_id: answers[0]?.headers.get('x-request-id'),
    });
    expect(all.slice(0, 3).map(({ target }) => target)).toEqual([null, null, null]);
    expect(JSON.stringify(all)).not.toContain('psk_wrong');
  });

  it('no credential at all, and a good one, are no failures', async () => {
    const before = (await events()).length;
    for (const path of PATHS) {
      await post(path, {});
      await post(path, {}, basic(client.id, client.key));
    }
    expect(await events()).toHaveLength(before);
  });

  it('a failed Basic that comes again at once in the body is one failure', async () => {
    const before = (await events()).length;
    for (let n = 0; n < 3; n++) {
      await post('/oauth/token', {}, basic(client.id, 'psk_wrong'));
      await post('/oauth/token', { client_id: client.id, client_secret: 'psk_wrong' });
    }
    expect((await events()).length - before).toBe(3);
    await post('/oauth/token', { client_id: client.id, client_secret: 'psk_wrong' });
    expect((await events()).length - before).toBe(4);
  });

  it('R41 are limited by source, 429 with Retry-After; a good credential still passes', async () => {
    const answers: Answer[] = [];
    for (let n = 0; n < 25; n++) answers.push(await post('/oauth/token', {}, basic(client.id, `psk_${n}`)));
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<number>(20).fill(401),
      ...Array<number>(5).fill(429),
    ]);
    const last = answers.at(-1) as Answer;
    expectDocumented('POST', '/oauth/token', last);
    expectProblem(last, 'too-many-requests');
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    for (const path of PATHS.slice(1)) expect((await post(path, {}, bearer('psk_x'))).status).toBe(429);
    for (const path of PATHS) expect((await post(path, {}, basic(client.id, client.key))).status).toBe(200);
    // Limits stop no validation, nor whoever has no part in it.
    const { token } = await register(service);
    expect((await send(service, 'POST', '/auth/validate', { body: { token } })).status).toBe(200);
    expect((await post('/oauth/revoke', {})).status).toBe(200);
  });
});
