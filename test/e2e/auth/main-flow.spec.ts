import { uniqueEmail } from '../../support/http/accounts';
import { createApiClient } from '../../support/http/client';
import { useService } from '../../support/process/use-service';

/** One person's way through the service, by a client made of the OpenAPI document. */
describe('the way of a new person, by the typed client', () => {
  const account = { email: uniqueEmail(), password: 'correct horse battery', name: 'Ada Lovelace' };
  let token: string;
  const service = useService();

  beforeAll(async () => {
    const { data } = await createApiClient(service).POST('/auth/register', { body: account });
    if (!data || !('access_token' in data)) throw new Error('not registered');
    token = data.access_token;
  });

  it('is signed in by logging in, as the person who registered', async () => {
    const { data, response } = await createApiClient(service).POST('/auth/login', {
      body: { email: account.email, password: account.password },
    });
    expect(response.status).toBe(200);
    expect(data?.user).toMatchObject({ email: account.email, name: account.name });
  });

  it('is told who they are by both addresses alike', async () => {
    const client = createApiClient(service, token);
    const [me, userMe] = await Promise.all([client.GET('/auth/me'), client.GET('/users/me')]);
    expect(me.data?.email).toBe(account.email);
    expect(userMe.data).toEqual(me.data);
  });

  it('is known to another service by the token', async () => {
    const { data } = await createApiClient(service).POST('/auth/validate', { body: { token } });
    if (!data?.valid || 'service' in data) throw new Error('the token was refused');
    expect(data.user.email).toBe(account.email);
  });

  it('is nobody to another service by another token', async () => {
    const { data } = await createApiClient(service).POST('/auth/validate', {
      body: { token: 'not.a.token' },
    });
    if (data?.valid !== false) throw new Error('the token was taken');
    expect(data).toEqual({ valid: false, user: null, error: 'Invalid or expired token' });
  });

  it('is in the default team and sees all teams', async () => {
    const client = createApiClient(service, token);
    const own = await client.GET('/teams');
    const all = await client.GET('/teams/all');
    expect(own.data?.map(({ name }) => name)).toEqual(['General']);
    expect(all.data?.map(({ name }) => name)).toEqual(['Design', 'Engineering', 'General', 'Product']);
  });

  it('is in the default domain and sees all domains', async () => {
    const client = createApiClient(service, token);
    const own = await client.GET('/domains');
    const all = await client.GET('/domains/all');
    expect(own.data?.map(({ key }) => key)).toEqual(['engineering']);
    expect(all.data?.map(({ key }) => key)).toEqual([
      'design',
      'engineering',
      'marketing',
      'product',
      'sales',
    ]);
  });

  it('sees that the service is well', async () => {
    const client = createApiClient(service);
    const answers = await Promise.all([
      client.GET('/health'),
      client.GET('/health/live'),
      client.GET('/health/ready'),
    ]);
    expect(answers.map(({ data }) => data?.status)).toEqual(['ok', 'ok', 'ok']);
  });

  it('is refused as documented: without a token, with a wrong password, with a taken address, with bad input', async () => {
    const client = createApiClient(service);
    const answers = [
      await client.GET('/auth/me'),
      await client.POST('/auth/login', { body: { email: account.email, password: 'another' } }),
      await client.POST('/auth/register', { body: account }),
      await client.POST('/auth/register', { body: { ...account, email: 'nobody' } }),
    ];
    expect(answers.map(({ error }) => error?.code)).toEqual([
      'authentication-required',
      'invalid-credentials',
      'email-already-registered',
      'invalid-input',
    ]);
  });
});
