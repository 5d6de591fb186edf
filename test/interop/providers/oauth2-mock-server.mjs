import { OAuth2Server } from 'oauth2-mock-server';
import { discover, signIn } from './browser.mjs';

export default async ({ port }) => {
  const server = new OAuth2Server();
  await server.issuer.keys.generate('RS256');
  await server.start(port, '127.0.0.1');
  const issuer = server.issuer.url;
  const metadata = await discover(issuer);
  const flow = { metadata, client: 'web', secret: 'secret', fields: {} };
  const bare = await signIn(flow);
  server.service.on('beforeTokenSigning', ({ payload }) => {
    payload.client_id = 'web'; // it names no client and no audience
  });
  server.service.on('beforeUserinfo', (answer) => {
    Object.assign(answer.body, { email: 'john@example.com', email_verified: true, name: 'John Doe' });
  });
  const { access_token: access } = await signIn(flow);
  return {
    packages: ['oauth2-mock-server'],
    issuer,
    user: { email: 'john@example.com', name: 'John Doe' },
    tokens: { access },
    refused: { 'unlisted client': bare.access_token },
  };
};
