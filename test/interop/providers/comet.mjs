import { startDevOidcProvider } from '@comet/dev-oidc-provider';
import { discover, REDIRECT_URI, signIn } from './browser.mjs';

export default async ({ port }) => {
  const issuer = `http://127.0.0.1:${port}`;
  const client = { client_id: 'web', client_secret: 'secret', redirect_uris: [REDIRECT_URI] };
  const users = [{ id: '1', name: 'Ada Lovelace', email: 'ada@comet.example' }];
  await startDevOidcProvider({ port, issuer, client, userProvider: () => users });
  const { id_token: id, access_token: opaque } = await signIn({
    metadata: await discover(issuer),
    client: 'web',
    secret: 'secret',
    fields: { login: '1' },
  });
  return {
    packages: ['@comet/dev-oidc-provider', 'oidc-provider'],
    issuer,
    user: { email: 'ada@comet.example', name: 'Ada Lovelace' },
    tokens: { id },
    refused: { opaque },
  };
};
