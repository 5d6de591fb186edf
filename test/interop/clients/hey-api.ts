import { randomUUID } from 'node:crypto';
import { client } from './generated/client.gen';
import {
  endSessions,
  getMe,
  login,
  logout,
  refreshTokens,
  register,
  validateToken,
} from './generated/sdk.gen';

/** @hey-api/openapi-ts: functions, one setting for the token. The address is the first server of the document. */
async function main(): Promise<void> {
  const email = `hey-${randomUUID()}@example.com`;
  const password = 'correct horse battery';
  const created = await register({ body: { email, password, name: 'Ada Lovelace' }, throwOnError: true });
  if (!('access_token' in created.data)) throw new Error('not registered');
  let token = created.data.access_token;
  const headers: string[][] = [];
  client.setConfig({ auth: () => token });
  client.interceptors.request.use((request) => {
    headers.push([...request.headers.keys()]);
    return request;
  });

  const me = await getMe({ throwOnError: true });
  const good = await validateToken({ body: { token }, throwOnError: true });
  const name: string | undefined = good.data.valid ? good.data.user.name : undefined;

  const refreshed = await refreshTokens({
    body: { refresh_token: created.data.refresh_token },
    throwOnError: true,
  });
  token = refreshed.data.access_token;
  const other = await login({ body: { email, password }, throwOnError: true });
  await endSessions({ query: { include_current: false }, throwOnError: true });
  const ended = await validateToken({ body: { token: other.data.access_token }, throwOnError: true });

  const out = await logout();
  const over = await validateToken({ body: { token }, throwOnError: true });
  const refusal: string | undefined = over.data.valid ? undefined : over.data.error;
  const refused = await getMe();
  process.stdout.write(
    JSON.stringify({
      me: me.data.email === email,
      name,
      otherIsValid: ended.data.valid,
      signedOut: out.response?.status,
      refusal,
      problem: refused.error?.code,
      sentAsUser: headers.flat().includes('x-user-email'),
    }),
  );
}

void main();
