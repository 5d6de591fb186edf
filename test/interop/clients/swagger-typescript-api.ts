import { randomUUID } from 'node:crypto';
import { Api } from './generated/api';

/** swagger-typescript-api: a class; what the document protects gets the token, at the first server of the document. */
async function main(): Promise<void> {
  const api = new Api<string>({
    securityWorker: (token) => (token === null ? {} : { headers: { Authorization: `Bearer ${token}` } }),
  });
  const email = `sta-${randomUUID()}@example.com`;
  const password = 'correct horse battery';
  const { data: created } = await api.auth.register({ email, password, name: 'Ada Lovelace' });
  if (!('access_token' in created)) throw new Error('not registered');
  api.setSecurityData(created.access_token);

  const { data: me } = await api.auth.getMe();
  const { data: good } = await api.auth.validateToken({ token: created.access_token });
  const name: string | undefined = good.valid ? good.user.name : undefined;

  const { data: refreshed } = await api.auth.refreshTokens({ refresh_token: created.refresh_token });
  api.setSecurityData(refreshed.access_token);
  const { data: other } = await api.auth.login({ email, password });
  await api.auth.endSessions({ include_current: false });
  const { data: ended } = await api.auth.validateToken({ token: other.access_token });

  const out = await api.auth.logout();
  const { data: over } = await api.auth.validateToken({ token: refreshed.access_token });
  const refusal: string | undefined = over.valid ? undefined : over.error;
  const refused = await api.auth.getMe().then(
    () => undefined,
    (response: { error: { code: string } }) => response.error.code,
  );
  process.stdout.write(
    JSON.stringify({
      me: me.email === email,
      name,
      otherIsValid: ended.valid,
      signedOut: out.status,
      refusal,
      problem: refused,
    }),
  );
}

void main();
