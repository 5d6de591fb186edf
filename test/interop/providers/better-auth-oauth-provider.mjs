import { createServer } from 'node:http';
import { once } from 'node:events';
import { oauthProvider } from '@better-auth/oauth-provider';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import { signIn } from './browser.mjs';

const redirectUri = 'https://prompts.example/callback'; // it takes https only
const API = 'https://prompts.example';

export default async ({ port }) => {
  const baseURL = `http://127.0.0.1:${port}`;
  const oauth = [
    'Client',
    'Resource',
    'ClientResource',
    'AccessToken',
    'RefreshToken',
    'Consent',
    'ClientAssertion',
  ];
  const names = [
    'user',
    'session',
    'account',
    'verification',
    'jwks',
    ...oauth.map((name) => `oauth${name}`),
  ];
  const tables = Object.fromEntries(names.map((name) => [name, []]));
  const auth = betterAuth({
    baseURL,
    secret: 'a secret of the interop tests, 32 bytes and more',
    database: memoryAdapter(tables),
    emailAndPassword: { enabled: true },
    plugins: [
      jwt({ jwks: { keyPairConfig: { alg: 'ES256' } } }),
      oauthProvider({
        loginPage: '/login',
        consentPage: '/consent',
        resources: [API],
        enforcePerClientResources: false,
      }),
    ],
  });
  const server = createServer(toNodeHandler(auth)).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const headers = { 'Content-Type': 'application/json', Origin: baseURL };
  const credentials = { email: 'ada@better-provider.example', password: 'correct horse battery' };
  const signedUp = await fetch(`${baseURL}/api/auth/sign-up/email`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ ...credentials, name: 'Ada Lovelace' }),
  });
  const cookies = signedUp.headers.getSetCookie().map((line) => /^([^=]+)=([^;]*)/.exec(line).slice(1));
  for (const user of tables.user) user.emailVerified = true;
  const cookie = cookies.map((pair) => pair.join('=')).join('; ');
  const client = await auth.api.adminCreateOAuthClient({
    headers: { cookie },
    body: {
      redirect_uris: [redirectUri],
      skip_consent: true,
      token_endpoint_auth_method: 'client_secret_post',
      scope: 'openid email profile',
    },
  });
  const issuer = `${baseURL}/api/auth`;
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration`)).json();
  const flow = { metadata, client: client.client_id, secret: client.client_secret, cookies, redirectUri };
  const plain = await signIn(flow);
  const forApi = await signIn({ ...flow, extra: { resource: API } });
  return {
    packages: ['@better-auth/oauth-provider', 'better-auth'],
    issuer: metadata.issuer,
    audience: [client.client_id, API],
    user: { email: credentials.email, name: 'Ada Lovelace' },
    // The first one brings the address, by userinfo.
    tokens: { access: forApi.access_token, id: forApi.id_token },
    refused: { 'no-address': plain.id_token, opaque: plain.access_token },
  };
};
