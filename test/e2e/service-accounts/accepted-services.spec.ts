import { register, type Account } from '../../support/http/accounts';
import { anAdmin, type ApiUser } from '../../support/http/administration';
import { bearer, send } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { aService, basic, postForm, type ServiceClient } from '../../support/http/services';
import { TcpProxy } from '../../support/http/tcp-proxy';
import { startService, type Service } from '../../support/process/service';
import { useService } from '../../support/process/use-service';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { forge } from '../../support/tokens/tokens';
import { REFUSAL } from '../../support/tokens/token-outcome';

type Body = Record<string, unknown>;

describe('POST /auth/validate with accept', () => {
  const provider = ProviderStub.use();
  const service = useService({ provider });
  let admin: ApiUser;
  let client: ServiceClient;
  let account: Account;
  let token: string;

  beforeAll(async () => {
    admin = await anAdmin(service, service.database);
    client = await aService(admin, ['users:read', 'teams:write']);
    account = await register(service);
    token = await tokenOf(service, client, 'users:read');
  });

  const validate = async (text: string, accept?: unknown): Promise<Body> => {
    const answer = await send(service, 'POST', '/auth/validate', { body: { token: text, accept } });
    expect(answer.status).toBe(200);
    // The document has the answer about services in words: `ValidServiceTokenResponse` says why.
    if (!('service' in answer.body)) expectDocumented('POST', '/auth/validate', answer);
    return answer.body;
  };
  const serviceAnswer = (scopes: string[]) => ({
    ...{ valid: true, user: null, error: null },
    service: { id: client.id, name: client.name, scopes },
  });

  it('R10: keys and tokens of services are valid where services are accepted, and nowhere else', async () => {
    for (const accept of [['service'], ['user', 'service'], ['service', 'user', 'service']]) {
      expect(await validate(client.key, accept)).toEqual(serviceAnswer(['users:read', 'teams:write']));
      expect(await validate(token, accept)).toEqual(serviceAnswer(['users:read']));
    }
    for (const accept of [undefined, ['user']]) {
      expect(await validate(client.key, accept)).toEqual(REFUSAL);
      expect(await validate(token, accept)).toEqual(REFUSAL);
    }
  });

  it('R10: tokens of users are valid where users are accepted, in the shape of today', async () => {
    const providerToken = provider.mint(person());
    for (const text of [account.token, providerToken]) {
      const answer = await validate(text);
      expect(Object.keys(answer)).toEqual(['valid', 'user', 'error']);
      expect(answer.valid).toBe(true);
      expect(await validate(text, ['user'])).toEqual(answer);
      expect(await validate(text, ['user', 'service'])).toEqual(answer);
      expect(await validate(text, ['service'])).toEqual(REFUSAL);
    }
  });

  it('a token of a provider whose user is unknown makes no user where users are not accepted', async () => {
    const someone = person();
    expect(await validate(provider.mint(someone), ['service'])).toEqual(REFUSAL);
    const rows = await service.database.query('SELECT FROM users WHERE email = $1', [someone.email]);
    expect(rows).toHaveLength(0);
  });

  it('what is neither a key nor a token of a service is not valid', async () => {
    for (const text of [
      ...['', 'nonsense', 'psk_', `${client.key}x`, `${token}x`, 'a'.repeat(20_000)],
      forge(account, { claims: { token_use: 'service' } }),
    ]) {
      expect(await validate(text, ['service'])).toEqual(REFUSAL);
      expect(await validate(text, ['user', 'service'])).toEqual(REFUSAL);
    }
  });

  it('ends with the key', async () => {
    const other = await aService(admin, ['users:read']);
    const issued = await tokenOf(service, other);
    expect(await validate(issued, ['service'])).toMatchObject({ valid: true });
    await admin.must(204, 'DELETE', `/service-accounts/${other.id}/keys/${other.keyId}`);
    expect(await validate(issued, ['service'])).toEqual(REFUSAL);
    expect(await validate(other.key, ['user', 'service'])).toEqual(REFUSAL);
  });

  it.each([[[]], [null], ['service'], [{}], [['services']], [['user', 5]], [[['user']]], [[null]]])(
    'R51: refuses %j, and names accept',
    async (accept) => {
      const answer = await send(service, 'POST', '/auth/validate', {
        body: { token: account.token, accept },
      });
      expectProblem(answer, 'invalid-input');
      expect(answer.body).toMatchObject({ errors: [{ pointer: '#/accept' }] });
    },
  );

  it('GET /auth/me is 403 for a service, by key and by token', async () => {
    for (const text of [client.key, token]) {
      for (const path of ['/auth/me', '/auth/me?']) {
        expectProblem(await send(service, 'GET', path, { headers: bearer(text) }), 'forbidden');
      }
    }
  });

  it('R47: decides nothing while the database is out of reach', async () => {
    const proxy = await TcpProxy.start(service.database.url);
    let other: Service | undefined;
    try {
      other = await startService({
        databaseUrl: proxy.url,
        env: { AUTH_REQUEST_TIMEOUT_SECONDS: '1' },
      });
      await proxy.refuse();
      for (const text of [client.key, token]) {
        const answer = await send(other, 'POST', '/auth/validate', {
          body: { token: text, accept: ['service'] },
        });
        expectProblem(answer, 'service-unavailable');
      }
    } finally {
      await other?.stop('SIGKILL');
      await proxy.stop();
    }
  });
});

async function tokenOf(
  service: { readonly url: string },
  { id, key }: ServiceClient,
  scope?: string,
): Promise<string> {
  const form = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) };
  const answer = await postForm(service, '/oauth/token', form, basic(id, key));
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
  return answer.body.access_token as string;
}
