import { createRemoteJWKSet, jwtVerify } from 'jose';

export default ({ issuer, audience, jwksUri, algorithm, secret }) => {
  const key = secret ? Buffer.from(secret) : createRemoteJWKSet(new URL(jwksUri));
  const options = { issuer, audience, algorithms: [algorithm], typ: 'at+jwt' };
  return async (token) => (await jwtVerify(token, key, options)).payload;
};
