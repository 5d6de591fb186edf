import fastifyJwt from '@fastify/jwt';
import Fastify from 'fastify';
import buildGetJwks from 'get-jwks';

export default async ({ issuer, audience, jwksUri, algorithm, secret }) => {
  const { origin, pathname } = new URL(jwksUri);
  const jwks = buildGetJwks({ jwksPath: pathname });
  const app = Fastify();
  await app.register(fastifyJwt, {
    decode: { complete: true },
    secret:
      secret ??
      ((_request, { header }) => jwks.getPublicKey({ kid: header.kid, alg: header.alg, domain: origin })),
    verify: { allowedIss: issuer, allowedAud: audience, algorithms: [algorithm], checkTyp: 'at+jwt' },
  });
  app.get('/', { onRequest: (request) => request.jwtVerify() }, (request) => request.user);
  return async (token) => {
    const answer = await app.inject({ url: '/', headers: { authorization: `Bearer ${token}` } });
    if (answer.statusCode !== 200) throw new Error(answer.body);
    const user = answer.json();
    return user.payload ?? user;
  };
};
