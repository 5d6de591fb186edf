import { Hono } from 'hono';
import { jwk } from 'hono/jwk';
import { jwt } from 'hono/jwt';

export default ({ issuer, audience, jwksUri, algorithm, secret }) => {
  const verification = { iss: issuer, aud: audience, typ: 'at+jwt' };
  const app = new Hono();
  app.use(
    secret
      ? jwt({ secret, alg: algorithm, verification })
      : jwk({ jwks_uri: jwksUri, alg: [algorithm], verification }),
  );
  app.get('/', (context) => context.json(context.get('jwtPayload')));
  return async (token) => {
    const answer = await app.request('/', { headers: { Authorization: `Bearer ${token}` } });
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    return answer.json();
  };
};
