import { randomUUID } from 'node:crypto';
import createClient from 'openapi-fetch';
import type { paths } from './generated';

/** openapi-fetch: types alone, made by openapi-typescript; the address is given. */
async function main(): Promise<void> {
  const api = createClient<paths>({ baseUrl: process.env.SERVICE_URL ?? '' });
  const email = `fetch-${randomUUID()}@example.com`;
  const password = 'correct horse battery';
  const { data: created } = await api.POST('/auth/register', {
    body: { email, password, name: 'Ada Lovelace' },
  });
  if (!created || !('access_token' in created)) throw new Error('not registered');
  let token = created.access_token;
  api.use({
    onRequest: ({ request }) => {
      request.headers.set('Authorization', `Bearer ${token}`);
      return request;
    },
  });

  const { data: me } = await api.GET('/auth/me');
  const { data: good } = await api.POST('/auth/validate', { body: { token } });
  const name: string | undefined = good?.valid ? good.user.name : undefined;

  const { data: refreshed } = await api.POST('/auth/refresh', {
    body: { refresh_token: created.refresh_token },
  });
  token = refreshed?.access_token ?? '';
  const { data: other } = await api.POST('/auth/login', { body: { email, password } });
  await api.DELETE('/auth/sessions', { params: { query: { include_current: false } } });
  const { data: ended } = await api.POST('/auth/validate', { body: { token: other?.access_token ?? '' } });

  const { response: out } = await api.POST('/auth/logout');
  const { data: over } = await api.POST('/auth/validate', { body: { token } });
  const refusal: string | undefined = over && !over.valid ? over.error : undefined;
  const { error: refused } = await api.GET('/auth/me');
  process.stdout.write(
    JSON.stringify({
      me: me?.email === email,
      name,
      otherIsValid: ended?.valid,
      signedOut: out.status,
      refusal,
      problem: refused?.code,
    }),
  );
}

void main();
