import { fileURLToPath } from 'node:url';
import { REDIRECT_URI, signIn } from './browser.mjs';
import { packaged, startProgram } from './child.mjs';

const PROJECT = fileURLToPath(new URL('django_oauth_toolkit.py', import.meta.url));

export default async ({ port, folder }) => {
  const url = `http://127.0.0.1:${port}`;
  await startProgram('/usr/bin/python3', [PROJECT, String(port), folder, REDIRECT_URI], { url });
  const issuer = `${url}/o`;
  // It answers at the address with a slash, and redirects there from the one of OpenID Connect Discovery section 4.
  const metadata = await (await fetch(`${issuer}/.well-known/openid-configuration/`)).json();
  const flow = {
    metadata,
    client: 'web',
    secret: 'secret',
    fields: { username: 'ada', password: 'correct horse battery' },
  };
  const signedIn = await signIn(flow);
  const bare = await signIn({ ...flow, scope: 'openid' });
  return {
    versions: [packaged('python3-django-oauth-toolkit')],
    issuer: metadata.issuer,
    user: { email: 'ada@django.example', name: 'Ada Lovelace' },
    refused: { 'no-address': bare.id_token, opaque: signedIn.access_token },
    tokens: { id: signedIn.id_token },
  };
};
