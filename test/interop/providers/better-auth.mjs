import { createServer } from 'node:http';
import { once } from 'node:events';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';

export default async ({ port }) => {
  const baseURL = `http://127.0.0.1:${port}`;
  const tables = { user: [], session: [], account: [], verification: [], jwks: [] };
  const auth = (plugin) =>
    betterAuth({
      baseURL,
      secret: 'a secret of the interop tests, 32 bytes and more',
      database: memoryAdapter(tables),
      emailAndPassword: { enabled: true },
      plugins: [plugin],
    });
  const configured = auth(
    jwt({
      jwks: { keyPairConfig: { alg: 'ES256' } },
      jwt: {
        audience: 'promptstack',
        definePayload: ({ user }) => ({
          email: user.email,
          email_verified: user.emailVerified,
          name: user.name,
        }),
      },
    }),
  );
  const server = createServer(toNodeHandler(configured)).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const credentials = { email: 'ada@better.example', password: 'correct horse battery' };
  const headers = { 'Content-Type': 'application/json', Origin: baseURL };
  const post = (path, body) =>
    fetch(`${baseURL}/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const tokenOf = async () => {
    const signedIn = await post('sign-in/email', credentials);
    if (!signedIn.ok) throw new Error(`sign-in answered ${signedIn.status}: ${await signedIn.text()}`);
    const cookie = signedIn.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const answer = await fetch(`${baseURL}/api/auth/token`, { headers: { ...headers, cookie } });
    if (!answer.ok) throw new Error(`token answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()).token;
  };
  await post('sign-up/email', { ...credentials, name: 'Ada Lovelace' });
  const unverified = await tokenOf();
  for (const user of tables.user) user.emailVerified = true;
  return {
    packages: ['better-auth'],
    issuer: baseURL,
    jwksUrl: `${baseURL}/api/auth/jwks`,
    user: { email: 'ada@better.example', name: 'Ada Lovelace' },
    tokens: { id: await tokenOf() },
    refused: { 'unverified-false': unverified },
  };
};
