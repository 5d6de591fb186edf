import { allowInsecureRequests, discovery } from 'openid-client';
import { createRemoteJWKSet, jwtVerify } from 'jose';

/** A client library: it reads the metadata and verifies no access tokens; jose does that with what it found. */
export default async ({ issuer, audience, algorithm }) => {
  const options = { execute: [allowInsecureRequests] }; // plain http is for tests
  const documents = [];
  for (const kind of ['oidc', 'oauth2']) {
    const found = await discovery(new URL(issuer), 'a-client', undefined, undefined, {
      ...options,
      algorithm: kind,
    });
    documents.push(found.serverMetadata());
  }
  const keys = documents.map(({ jwks_uri }) => createRemoteJWKSet(new URL(jwks_uri)));
  return async (token) => {
    const verified = await Promise.all(
      keys.map((key) => jwtVerify(token, key, { issuer, audience, algorithms: [algorithm], typ: 'at+jwt' })),
    );
    return verified[0].payload;
  };
};
