import express from 'express';
import { expressjwt } from 'express-jwt';
import jwksRsa from 'jwks-rsa';
import { overHttp } from './http.mjs';

export default ({ issuer, audience, jwksUri, algorithm, secret }) => {
  const app = express();
  app.use(
    expressjwt({
      secret: secret ?? jwksRsa.expressJwtSecret({ jwksUri, timeout: 3000 }),
      issuer,
      audience,
      algorithms: [algorithm],
    }),
  );
  app.get('/', (request, response) => response.json(request.auth));
  app.use((error, _request, response, _next) => response.status(error.status ?? 500).end());
  return overHttp(app);
};
