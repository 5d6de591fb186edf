import { createServer } from 'node:http';
import { once } from 'node:events';
import { Provider } from 'oidc-provider';
import { discover, REDIRECT_URI, signIn } from './browser.mjs';

export default async ({ port }) => {
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'web',
        client_secret: 'secret',
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: () => ({ sub, email: `${sub}@example.com`, email_verified: true, name: 'Ada Lovelace' }),
    }),
    features: {
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'jwt' }),
        useGrantedResource: () => true,
      },
    },
  });
  const server = createServer(provider.callback()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  const metadata = await discover(issuer);
  const flow = { metadata, client: 'web', secret: 'secret', fields: { login: 'ada', password: 'x' } };
  const plain = await signIn(flow);
  const forApi = await signIn({
    ...flow,
    scope: 'openid email profile read',
    extra: { resource: 'urn:promptstack:api' },
  });
  return {
    packages: ['oidc-provider'],
    issuer,
    user: { email: 'ada@example.com', name: 'Ada Lovelace' },
    tokens: { id: plain.id_token, access: forApi.access_token },
    refused: { opaque: plain.access_token },
  };
};
