import * as oauth from 'oauth4webapi';

const insecure = { [oauth.allowInsecureRequests]: true }; // plain http is for tests

export default async ({ issuer, id, key }) => {
  const address = new URL(issuer);
  const found = await oauth.discoveryRequest(address, { algorithm: 'oauth2', ...insecure });
  const server = await oauth.processDiscoveryResponse(address, found);
  const client = { client_id: id };
  const authentication = oauth.ClientSecretBasic(key);
  return {
    async token(scope) {
      const parameters = new URLSearchParams(scope && { scope });
      const answer = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        authentication,
        parameters,
        insecure,
      );
      return oauth.processClientCredentialsResponse(server, client, answer);
    },
    async introspect(token) {
      const answer = await oauth.introspectionRequest(server, client, authentication, token, insecure);
      return oauth.processIntrospectionResponse(server, client, answer);
    },
    async revoke(token) {
      const answer = await oauth.revocationRequest(server, client, authentication, token, insecure);
      await oauth.processRevocationResponse(answer);
    },
  };
};
