/** oidc-provider (certified), in memory, with one client that has a token of its own: for the bench of introspection. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [id, secret] = ['bench', 'the-secret-of-the-benchmark-0123456789'];
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();
const url = `http://127.0.0.1:${port}`;
const provider = new Provider(url, {
  clients: [
    {
      ...{ client_id: id, client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' },
      ...{ grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    },
  ],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
  },
});
server.on('request', provider.callback());
const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const answer = await fetch(`${url}/token`, {
  method: 'POST',
  headers: { authorization },
  body: new URLSearchParams({ grant_type: 'client_credentials' }),
});
const { access_token: token } = await answer.json();
const introspected = await fetch(`${url}/token/introspection`, {
  method: 'POST',
  headers: { authorization },
  body: new URLSearchParams({ token }),
});
const { active } = await introspected.json();
if (active !== true) throw new Error('oidc-provider does not take its own token');
process.send({ port, authorization, token });
