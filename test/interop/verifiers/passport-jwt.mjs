import express from 'express';
import jwksRsa from 'jwks-rsa';
import passport from 'passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { overHttp } from './http.mjs';

export default ({ issuer, audience, jwksUri, algorithm, secret }) => {
  const key = secret
    ? { secretOrKey: secret }
    : { secretOrKeyProvider: jwksRsa.passportJwtSecret({ jwksUri, timeout: 3000 }) };
  const options = {
    jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
    ...key,
    issuer,
    audience,
    algorithms: [algorithm],
  };
  passport.use(new Strategy(options, (claims, done) => done(null, claims)));
  const app = express();
  app.get('/', passport.authenticate('jwt', { session: false }), (request, response) =>
    response.json(request.user),
  );
  return overHttp(app);
};
