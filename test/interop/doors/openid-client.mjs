import * as client from 'openid-client';

export default async ({ issuer, id, key }) => {
  const config = await client.discovery(new URL(issuer), id, key, client.ClientSecretPost(key), {
    execute: [client.allowInsecureRequests], // plain http is for tests
    algorithm: 'oauth2',
  });
  return {
    token: (scope) => client.clientCredentialsGrant(config, scope && { scope }),
    introspect: (token) => client.tokenIntrospection(config, token, { token_type_hint: 'access_token' }),
    revoke: (token) => client.tokenRevocation(config, token),
  };
};
