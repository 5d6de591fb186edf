import express from 'express';
import { auth } from 'express-oauth2-jwt-bearer';
import { overHttp } from './http.mjs';

export default ({ issuer, audience, jwksUri, algorithm, secret }) => {
  const key = secret ? { secret } : { jwksUri };
  const app = express();
  app.use(auth({ issuer, audience, ...key, tokenSigningAlg: algorithm, strict: false }));
  app.get('/', (request, response) => response.json(request.auth.payload));
  app.use((error, _request, response, _next) =>
    response
      .status(error.status ?? 500)
      .set(error.headers)
      .end(),
  );
  return overHttp(app);
};
