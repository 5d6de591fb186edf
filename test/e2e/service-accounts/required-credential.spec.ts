import { createAuthClient } from '../../../packages/client/src';
import { register, type Account } from '../../support/http/accounts';
import { anAdmin, type ApiUser } from '../../support/http/administration';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectDocumented } from '../../support/http/openapi';
import { expectProblem } from '../../support/http/problem';
import { aService, basic, postForm, type ServiceClient } from '../../support/http/services';
import { TcpProxy } from '../../support/http/tcp-proxy';
import { startService, type Service } from '../../support/process/service';
import { useService } from '../../support/process/use-service';

type Headers = Record<string, string>;
type Target = { readonly url: string };

const REQUIRED = { AUTH_VALIDATE_REQUIRES_CREDENTIAL: 'true' };
const ROUTES = ['/auth/validate', '/auth/validate/batch'];
const fromGateway = (credential: string): Headers => ({ 'X-Auth-Service-Key': credential });

describe('AUTH_VALIDATE_REQUIRES_CREDENTIAL', () => {
  const service = useService({ env: REQUIRED });
  let admin: ApiUser;
  let validator: ServiceClient;
  let reader: ServiceClient;
  let account: Account;

  beforeAll(async () => {
    admin = await anAdmin(service, service.database);
    validator = await aService(admin, ['tokens:validate']);
    reader = await aService(admin, ['users:read']);
    account = await register(service);
  });

  const validate = async (path: string, headers: Headers, target: Target = service): Promise<Answer> => {
    const body = path.endsWith('batch') ? { tokens: [account.token] } : { token: account.token };
    const answer = await send(target, 'POST', path, { body, headers });
    expectDocumented('POST', path, answer);
    return answer;
  };
  const verify = async (headers: Headers, target: Target = service): Promise<Answer> => {
    const answer = await send(target, 'GET', '/auth/verify', { headers });
    expectDocumented('GET', '/auth/verify', answer);
    return answer;
  };
  const issue = async ({ id, key }: ServiceClient): Promise<string> => {
    const form = { grant_type: 'client_credentials' };
    const answer = await postForm(service, '/oauth/token', form, basic(id, key));
    return answer.body.access_token as string;
  };

  it.each(ROUTES)('POST %s takes key, token and Basic', async (path) => {
    const { id, key } = validator;
    for (const headers of [bearer(key), bearer(await issue(validator)), basic(id, key)]) {
      const answer = await validate(path, headers);
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('"valid":true');
    }
  });

  it.each(ROUTES)('POST %s is 401 without a good credential, with the challenge', async (path) => {
    for (const headers of [{}, fromGateway(validator.key), { Authorization: 'Digest x' }]) {
      const answer = await validate(path, headers);
      expectProblem(answer, 'authentication-required');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="promptstack-auth"');
    }
    for (const headers of [
      ...[bearer(`${validator.key}x`), bearer('no.token.x'), basic(reader.id, validator.key)],
    ]) {
      expectProblem(await validate(path, headers), 'invalid-token');
    }
  });

  it.each(ROUTES)('POST %s is 403 without the scope, for users and administrators too', async (path) => {
    for (const text of [reader.key, await issue(reader), account.token]) {
      const answer = await validate(path, bearer(text));
      expectProblem(answer, 'insufficient-scope');
      expect(answer.headers.get('www-authenticate')).toContain('scope="tokens:validate"');
    }
  });

  it('/auth/verify takes key and token in X-Auth-Service-Key', async () => {
    for (const credential of [validator.key, await issue(validator)]) {
      const headers = { ...bearer(account.token), ...fromGateway(credential) };
      const answer = await verify(headers);
      expect(answer.status).toBe(204);
      expect(answer.headers.get('x-auth-user-id')).toBe(account.id);
      expect((await send(service, 'HEAD', '/auth/verify', { headers })).status).toBe(204);
      expect((await send(service, 'DELETE', '/auth/verify', { headers })).status).toBe(204);
    }
  });

  it('/auth/verify is 401 without a credential, whoever the user is, and 403 without the scope', async () => {
    const user = bearer(account.token);
    expectProblem(await verify(user), 'authentication-required');
    expectProblem(await verify({ ...user, ...fromGateway('') }), 'authentication-required');
    expectProblem(await verify({ ...user, ...fromGateway(`${validator.key}x`) }), 'invalid-token');
    expectProblem(await verify({ ...user, ...fromGateway(reader.key) }), 'insufficient-scope');
    expectProblem(await verify({ ...user, ...fromGateway(account.token) }), 'insufficient-scope');
    expectProblem(await verify(bearer(reader.key)), 'insufficient-scope');
    // It is the user who is missing or refused.
    expectProblem(await verify(fromGateway(validator.key)), 'authentication-required');
    expectProblem(await verify({ ...bearer('no.token.x'), ...fromGateway(validator.key) }), 'invalid-token');
    // The header comes first: a good one in Authorization does not make up for it.
    expectProblem(await verify({ ...bearer(validator.key), ...fromGateway('psk_x') }), 'invalid-token');
  });

  it('R97: the kit sends its key, and without a good one decides nothing', async () => {
    const verify = async (key?: string) => {
      const client = createAuthClient({
        url: service.url,
        mode: 'remote',
        ...(key !== undefined && { key }),
      });
      try {
        const { valid } = await client.verify(account.token);
        return valid;
      } catch (error) {
        return (error as { reason?: unknown }).reason;
      } finally {
        await client.close();
      }
    };
    expect(await verify(validator.key)).toBe(true);
    for (const key of [undefined, reader.key, `psk_${'x'.repeat(71)}`])
      expect(await verify(key)).toBe('credential');
  });

  it('R47: is 503 while the database is out of reach', async () => {
    const proxy = await TcpProxy.start(service.database.url);
    let other: Service | undefined;
    try {
      const env = { ...REQUIRED, AUTH_REQUEST_TIMEOUT_SECONDS: '1' };
      other = await startService({ databaseUrl: proxy.url, env });
      await proxy.refuse();
      for (const path of ROUTES) {
        expectProblem(await validate(path, bearer(validator.key), other), 'service-unavailable');
      }
      const headers = { ...bearer(account.token), ...fromGateway(validator.key) };
      expectProblem(await verify(headers, other), 'service-unavailable');
    } finally {
      await other?.stop('SIGKILL');
      await proxy.stop();
    }
  });
});

describe('without AUTH_VALIDATE_REQUIRES_CREDENTIAL', () => {
  const service = useService();

  it('X-Auth-Service-Key is not looked at, nor is Authorization at /auth/validate', async () => {
    const { token } = await register(service);
    for (const headers of [fromGateway('psk_nonsense'), bearer('psk_nonsense')]) {
      const answer = await send(service, 'POST', '/auth/validate', { body: { token }, headers });
      expect(answer.body).toMatchObject({ valid: true });
    }
    const headers = { ...bearer(token), ...fromGateway('psk_nonsense') };
    expect((await send(service, 'GET', '/auth/verify', { headers })).status).toBe(204);
  });
});
