import {
  allowInsecureRequests,
  discoveryRequest,
  processDiscoveryResponse,
  validateJwtAccessToken,
} from 'oauth4webapi';

export default async ({ issuer, audience }) => {
  const insecure = { [allowInsecureRequests]: true }; // plain http is for tests
  const address = new URL(issuer);
  const found = await discoveryRequest(address, { algorithm: 'oauth2', ...insecure });
  const server = await processDiscoveryResponse(address, found);
  return (token) => {
    const request = new globalThis.Request('https://api.example.com/', {
      headers: { Authorization: `Bearer ${token}` },
    });
    return validateJwtAccessToken(server, request, audience, insecure);
  };
};
